import { REPORT_STYLE } from '@paired3d/pipeline';
import { defineConfig, type Plugin } from 'vite';

/** What the page may do. `blob:` workers and data are those of the viewer; nothing of another origin is allowed. */
export const CSP = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self' blob:",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "connect-src 'self' data: blob:",
  "font-src 'self'",
].join('; ');

/** The report's style sheet and, in the built page, the content security policy, which then holds on any static host. */
function head(): Plugin {
  return {
    name: 'head',
    transformIndexHtml: (html, { server }) => {
      const policy = server ? '' : `<meta http-equiv="Content-Security-Policy" content="${CSP}">`;
      return html.replace('<!--head-->', `${policy}<style>${REPORT_STYLE}</style>`);
    },
  };
}

export default defineConfig({
  base: './',
  plugins: [head()],
  worker: { format: 'es' },
  build: { target: 'es2022', modulePreload: { polyfill: false }, chunkSizeWarningLimit: 4000 },
  preview: { port: 4173, headers: { 'Content-Security-Policy': CSP } },
});
