import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStage, untilStatus, type Stage } from './browser';

let stage: Stage;
beforeAll(async () => void (stage = await openStage()));
afterAll(() => stage.close());

/** Controls without a name, images without an alternative, and ids that occur twice. */
const unnamed = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const controls = [...document.querySelectorAll<HTMLElement>('button, input, select, canvas, svg[role=img]')];
    const named = (element: HTMLElement) =>
      element.getAttribute('aria-label') ||
      element.textContent?.trim() ||
      [...((element as HTMLInputElement).labels ?? [])].some((label) => label.textContent?.trim());
    const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
    return [
      ...controls.filter((element) => !named(element)).map((element) => element.outerHTML),
      ...ids.filter((id, at) => ids.indexOf(id) !== at),
    ];
  });

describe('the page', () => {
  it('shows itself, reports how soon, and says what it computes with', async () => {
    const paints: number[] = [];
    for (let visit = 0; visit < 3; visit++) {
      const page = await stage.open('?backend=wasm');
      await untilStatus(page, /^Ready, on WebAssembly/);
      const paint = () => performance.getEntriesByName('first-contentful-paint')[0].startTime;
      paints.push(Math.round(await page.evaluate(paint)));
      await page.context().close();
    }
    console.log(`first view after ${paints.join(', ')} ms`);
    expect(paints).toHaveLength(3);
    expect(stage.complaints()).toEqual([]);
  });

  it('names every control, and can be used by keyboard', async () => {
    const page = await stage.open('?backend=wasm');
    await untilStatus(page, /^Ready/);
    expect(await unnamed(page)).toEqual([]);
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('To the controls');
    await page.getByTestId('seed').focus();
    await page.keyboard.press('Enter');
    await untilStatus(page, /^Generating/);
    await page.keyboard.press('Escape');
    await untilStatus(page, /^Cancelled/, 10);
    await page.context().close();
  });

  it('fits a small screen', async () => {
    const page = await stage.open('?backend=wasm');
    await page.setViewportSize({ width: 360, height: 740 });
    await untilStatus(page, /^Ready/);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    await page.context().close();
  });

  it('says so when the models cannot be loaded, and tries again', async () => {
    const page = await stage.open('?backend=wasm');
    await untilStatus(page, /^Ready/);
    await page.context().route('**/models/**', (route) => route.fulfill({ status: 404 }));
    await page.getByTestId('backend-choice').selectOption('auto');
    const failure = page.getByTestId('failure');
    await failure.waitFor({ state: 'visible' });
    expect(await failure.innerText()).toMatch(/models\/.*status 404/s);
    await page.context().unroute('**/models/**');
    await page.getByTestId('remedy-retry').click();
    await untilStatus(page, /^Ready/);
    await page.context().close();
  });
});
