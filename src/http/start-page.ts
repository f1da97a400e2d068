import type { FastifyInstance } from 'fastify';
import { asksForPage, plainPage } from './plain-page.ts';

const ROBOTS = 'User-agent: *\nDisallow: /\n';

/** What the page may link to. */
export interface StartPageOptions {
  readonly servesSwagger: boolean;
}

/**
 * Answers what a browser asks of the root: a page that says what this is and where to go on, no icon, and that nothing is
 * for search engines. Programs get the 404 of every path that is none.
 */
export function serveStartPage(fastify: FastifyInstance, { servesSwagger }: StartPageOptions): void {
  fastify.get('/', (request, reply) => {
    if (!asksForPage(request)) {
      reply.callNotFound();
      return reply;
    }
    const { html, headers } = plainPage({ title: 'VoiceAssist server', bodyHtml: body(servesSwagger) });
    return reply.headers(headers).send(html);
  });
  fastify.get('/favicon.ico', (_request, reply) => reply.status(204).send());
  fastify.get('/robots.txt', (_request, reply) => reply.type('text/plain; charset=utf-8').send(ROBOTS));
}

function body(servesSwagger: boolean): string {
  const docs = servesSwagger
    ? '<li><a href="/docs">Try the API</a> in Swagger UI, or read its <a href="/openapi.json">OpenAPI document</a>.</li>'
    : '';
  return (
    '<p>The server answers. It is a REST API; web applications and programs use it.</p>\n<ul>\n' +
    `${docs}\n<li><a href="/ready">See whether it is ready</a>, and which of the servers that it depends on answer.</li>\n` +
    '<li>No administrator yet? The log of the server shows a link to make the first one.</li>\n' +
    '<li><a href="/account/forgot-password">Forgotten password</a></li>\n</ul>'
  );
}
