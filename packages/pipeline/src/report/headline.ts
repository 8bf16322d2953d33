import { count, decimal, duration, escapeText } from './format';
import type { CaseTable, MethodTables, Summary } from './summary';
import { METHOD_NAMES, methodsOf } from './tables';
import type { ReportData } from './types';

/** The result in words, as markup: one sentence with its number in bold, and what puts that number in its place. */
export interface Headline {
  readonly sentence: string;
  readonly context: string;
}

/** The errors to speak of: at cropped landmarks as published figures are, else at exact ones. */
export function mainErrors(summary: Summary): MethodTables | undefined {
  const { tre, treExact } = summary.registration;
  return [tre, treExact].find((tables) => tables?.network ?? tables?.tta) ?? undefined;
}

/** Says what the run achieved: in millimetres when there are landmarks, else in Dice, else that it ran. */
export function headline(data: ReportData): Headline {
  const { registration } = data.summary;
  const errors = mainErrors(data.summary);
  if (errors?.before && (errors.network ?? errors.tta)) return errorHeadline(data, errors, errors.before);
  const { before, network = registration.dice?.tta } = registration.dice ?? {};
  if (before && network) {
    return {
      sentence: `${subject(data)} ${before.mean <= network.mean ? 'raises' : 'lowers'} the mean Dice on ${heldOut(network)} from ${decimal(before.mean, 3)} to <b>${decimal(network.mean, 3)}</b>.`,
      context: 'The test pairs have no landmarks, so there is no error in millimetres.',
    };
  }
  const ran = data.stages.filter(({ skipped }) => !skipped);
  const seconds = ran.reduce((sum, stage) => sum + stage.seconds, 0);
  return {
    sentence:
      ran.length === 0
        ? 'Nothing was left to run.'
        : `${plural(ran.length, 'stage')} ran in <b>${duration(seconds)}</b>.`,
    context: 'No registration was evaluated in this run.',
  };
}

function errorHeadline(data: ReportData, errors: MethodTables, before: CaseTable): Headline {
  const { network, tta, networkReal } = errors;
  const main = network ?? tta!;
  const verb = main.mean <= before.mean ? 'brings' : 'worsens';
  const adapted = network ? '' : ', adapted to each pair,';
  const sentence =
    `${subject(data)}${adapted} ${verb} the mean landmark error on ${heldOut(main)} ` +
    `from ${decimal(before.mean)} mm to <b>${decimal(main.mean)} mm</b>.`;

  const context: string[] = [];
  if (network && tta) {
    const verdict = tta.mean <= network.mean ? 'brings it to' : 'changes it to';
    context.push(`Test-time adaptation to each pair ${verdict} ${decimal(tta.mean)} mm.`);
  }
  if (networkReal) {
    const pairs = `the ${plural(data.pairs.train, 'real training pair')} with strong augmentation`;
    context.push(`The same network trained equally long on ${pairs} reaches ${decimal(networkReal.mean)} mm.`);
  }
  const constant = data.summary.registration.constantMeanDisplacement;
  if (constant) {
    const place = `Moving every point by the mean displacement of the training pairs would leave`;
    context.push(`${place} ${decimal(constant.mean)} mm.`);
  }
  return { sentence, context: context.join(' ') };
}

function subject(data: ReportData): string {
  return data.pairs.synthetic > 0
    ? `Trained on ${plural(data.pairs.synthetic, 'synthetic pair')} only, the network`
    : 'The network';
}

function heldOut(table: CaseTable): string {
  return plural(Object.keys(table.cases).length, 'held-out pair');
}

function plural(amount: number, noun: string): string {
  return `${count(amount)} ${noun}${amount === 1 ? '' : 's'}`;
}

/** A figure with its name, as a list item of `.tiles`; `number` and `aside` are plain text. */
export function tile(name: string, number: string, unit = '', aside = '', className = ''): string {
  return (
    `<li${className ? ` class="${className}"` : ''}><span class="name">${escapeText(name)}</span>` +
    `<span class="number">${escapeText(number)}${unit ? ` <span class="unit">${escapeText(unit)}</span>` : ''}</span>` +
    `${aside ? `<span class="aside">${escapeText(aside)}</span>` : ''}</li>`
  );
}

/** The mean error of every method side by side, the least one marked; an empty text without errors. */
export function errorTiles(data: ReportData): string {
  const errors = mainErrors(data.summary);
  const methods = methodsOf(errors);
  if (!errors || methods.length === 0) return '';
  const best = Math.min(...methods.map((method) => errors[method]!.mean));
  const tiles = methods.map((method) => {
    const { mean } = errors[method]!;
    const change =
      errors.before && method !== 'before' ? (100 * (mean - errors.before.mean)) / errors.before.mean : NaN;
    const aside = Number.isFinite(change) ? `${change > 0 ? '+' : ''}${decimal(change, 0)} %` : 'no registration';
    const className = mean === best ? 'best' : '';
    return tile(
      METHOD_NAMES[method],
      decimal(mean),
      'mm',
      method === 'before' || errors.before ? aside : '',
      className,
    );
  });
  const constant = data.summary.registration.constantMeanDisplacement;
  if (constant) tiles.push(tile('Constant displacement', decimal(constant.mean), 'mm', 'mean of training pairs'));
  return `<ul class="tiles">${tiles.join('')}</ul>`;
}
