import { errorCodes, type FastifyInstance } from 'fastify';

/** The one route that reads a form: identity providers post their logout tokens as one. */
const ROUTE = /\/backchannel-logout$/;
const MAX_BYTES = 64 * 1_024;
const FORM = 'application/x-www-form-urlencoded';

/** Reads forms as URLSearchParams on that route; everywhere else a form stays no body. */
export function acceptLogoutForms(fastify: FastifyInstance): void {
  fastify.addContentTypeParser(FORM, { parseAs: 'string', bodyLimit: MAX_BYTES }, (request, body, done) => {
    if (ROUTE.test(request.routeOptions.url ?? '')) done(null, new URLSearchParams(String(body)));
    else done(new errorCodes.FST_ERR_CTP_INVALID_MEDIA_TYPE(FORM));
  });
}
