import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ProblemDetails } from '../problem/problem-details.dto.ts';
import { PROBLEMS, type ProblemCode } from '../problem/problem-codes.ts';
import { escapeHtml } from './escape-html.ts';
import { asksForPage, plainPage, type RenderedPage } from './plain-page.ts';

const SIGN_ON_PATH = /^\/api\/auth\/oidc\/[^/?]+\/(login|callback)\b/;

/** Shows problems as pages to browsers that visit a page or a path of single sign-on: somebody reads them. */
export function showProblemsToVisitors(fastify: FastifyInstance): void {
  fastify.addHook('onSend', async (request, reply, payload) => {
    const isProblem = String(reply.getHeader('content-type')).startsWith('application/problem+json');
    if (!isProblem || typeof payload !== 'string' || !isVisit(request)) return payload;
    const { html, headers } = problemPage(JSON.parse(payload) as ProblemDetails);
    void reply.headers(headers).removeHeader('content-length');
    return html;
  });
}

function isVisit(request: FastifyRequest): boolean {
  const { method, url } = request;
  return method === 'GET' && asksForPage(request) && (!url.startsWith('/api/') || SIGN_ON_PATH.test(url));
}

function problemPage({ code, title, detail, instance }: ProblemDetails): RenderedPage {
  const [why, request] = [escapeHtml(detail ?? PROBLEMS[code as ProblemCode].meaning), escapeHtml(instance)];
  return plainPage({
    title,
    bodyHtml: `<p>${why}</p>\n<p><a href="/">What this server offers</a></p>\n<p><code>${code}</code>, request <code>${request}</code></p>`,
  });
}
