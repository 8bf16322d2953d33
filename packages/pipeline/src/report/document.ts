import { escapeText } from './format';
import { STYLE } from './style';

/** A part of a page; one without content is left out, from the page and from its navigation. */
export interface Section {
  readonly id: string;
  readonly title: string;
  readonly content: string;
}

/**
 * One HTML file with its style and pictures inside, without scripts and without anything to load, that follows the
 * reader's light or dark mode, fits a telephone and prints.
 *
 * @param page.head markup under the title; `title` and `footer` are plain text
 */
export function htmlDocument(page: {
  readonly title: string;
  readonly head: string;
  readonly sections: readonly Section[];
  readonly footer: string;
}): string {
  const title = escapeText(page.title);
  const sections = page.sections.filter(({ content }) => content !== '');
  const links = sections.map(({ id, title: name }) => `<a href="#${id}">${name}</a>`).join('');
  const body = sections.map(
    ({ id, title: name, content }) =>
      `<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${name}</h2>${content}</section>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>${title}</h1>
${page.head}
<nav aria-label="Sections">${links}</nav>
</header>
<main>
${body.join('\n')}
</main>
<footer>${escapeText(page.footer)}</footer>
</body>
</html>
`;
}
