import { randomBytes } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { escapeHtml } from './escape-html.ts';

const HTML = /\btext\/html\b/;
const NONCE_BYTES = 16;
const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:4rem auto;padding:0 1rem}' +
  'label{display:block;margin:1rem 0}input,textarea{display:block;width:100%;box-sizing:border-box;font:inherit;padding:.4rem}' +
  'button{font:inherit;padding:.4rem 1rem}';

/** Whether a request asks for a page: a browser that somebody has sent here. */
export function asksForPage({ headers }: Pick<FastifyRequest, 'headers'>): boolean {
  return HTML.test(headers.accept ?? '');
}

/** A page of this server itself, for where no web application is configured. */
export interface PlainPage {
  /** Text; escaped here. */
  readonly title: string;
  /** HTML; whoever makes it escapes every value with `escapeHtml`. */
  readonly bodyHtml: string;
  /** The one script of the page. It may call this server and nobody else. No value may be pasted into it. */
  readonly script?: string;
}

/** A page and the headers that it must be sent with. */
export interface RenderedPage {
  readonly html: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Renders a page that loads nothing, runs only its own script (by a nonce, new each time) and cannot be framed. */
export function plainPage({ title, bodyHtml, script }: PlainPage): RenderedPage {
  const nonce = randomBytes(NONCE_BYTES).toString('base64');
  const html =
    `<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>${escapeHtml(title)}</title>\n` +
    `<meta name="viewport" content="width=device-width, initial-scale=1">\n<style nonce="${nonce}">${STYLE}</style>\n` +
    `</head>\n<body>\n<h1>${escapeHtml(title)}</h1>\n${bodyHtml}\n` +
    `${script === undefined ? '' : `<script nonce="${nonce}">${script}</script>\n`}</body>\n</html>\n`;
  return {
    html,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy(nonce, script !== undefined),
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    },
  };
}

function policy(nonce: string, hasScript: boolean): string {
  const script = hasScript ? [`script-src 'nonce-${nonce}'`, "connect-src 'self'"] : [];
  const rest = ["frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"];
  return ["default-src 'none'", `style-src 'nonce-${nonce}'`, ...script, ...rest].join('; ');
}
