import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { HttpConfig } from '../../config/http.config.ts';
import { IdentityLinkService } from '../identities/identity-link.service.ts';
import { authorizationResponsePage } from './authorization-pages.ts';
import { AuthorizationCodeFlow } from './authorization-code-flow.ts';
import type { SignOnQuery } from './oidc.dto.ts';
import { Providers } from './providers.ts';

const FOUND = 302;

/** Answers the browser: with a redirect, or with a page where there is no web application. */
@Injectable()
export class AuthorizationResponder {
  constructor(
    private readonly flow: AuthorizationCodeFlow,
    private readonly links: IdentityLinkService,
    private readonly providers: Providers,
    private readonly http: HttpConfig,
  ) {}

  /** Name of the provider of /auth/login. @throws DomainError `not-found` when none is on */
  get defaultId(): string {
    return this.providers.default().settings.id;
  }

  /** @throws DomainError `not-found`, `invalid-sso-code` for the link token */
  async begin(reply: FastifyReply, providerId: string, query: SignOnQuery): Promise<void> {
    this.providers.get(providerId);
    const { link_token: token, code_challenge: challenge, return_path: path } = query;
    const link = token === undefined ? null : await this.links.redeemStart(token, providerId);
    const result = await this.flow.begin({
      providerId,
      returnPath: link?.returnPath ?? path ?? '',
      clientChallenge: challenge ?? null,
      link,
    });
    if ('outcome' in result) return this.#send(reply, result);
    await reply.status(FOUND).headers({ location: result.location, 'set-cookie': result.cookie }).send();
  }

  /** Takes any parameter: providers add their own. @throws DomainError `not-found` */
  async complete(reply: FastifyReply, providerId: string, request: FastifyRequest): Promise<void> {
    const { state, code, error, iss } = request.query as Readonly<Record<string, unknown>>;
    const cookies = request.headers.cookie ?? '';
    await this.#send(reply, await this.flow.complete(providerId, { state, code, error, iss, cookies }));
  }

  async #send(reply: FastifyReply, result: Parameters<typeof authorizationResponsePage>[0]): Promise<void> {
    const answer = authorizationResponsePage(result, this.http);
    if (result.cookie !== null) void reply.header('set-cookie', result.cookie);
    if (answer.kind === 'redirect') {
      await reply.status(FOUND).header('location', answer.location).send();
      return;
    }
    await reply.status(answer.status).headers(answer.page.headers).send(answer.page.html);
  }
}
