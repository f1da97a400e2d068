import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { HttpConfig } from '../../config/http.config.ts';
import { IdentitiesService } from '../identities/identities.service.ts';
import { landingOf } from './sign-on.landing.ts';
import { SignOnService } from './authorization-code-flow.ts';
import type { SignOnQuery } from './oidc.dto.ts';
import { Providers } from './providers.ts';

const FOUND = 302;

/** Answers the browser of a sign-on: with a redirect, or with a page where there is no web application. */
@Injectable()
export class SignOnReply {
  readonly #service: SignOnService;
  readonly #identities: IdentitiesService;
  readonly #providers: Providers;
  readonly #frontendUrl: string | undefined;

  constructor(service: SignOnService, identities: IdentitiesService, providers: Providers, http: HttpConfig) {
    this.#service = service;
    this.#identities = identities;
    this.#providers = providers;
    this.#frontendUrl = http.frontendUrl;
  }

  /** Name of the provider of /auth/login. @throws DomainError `not-found` when none is on */
  get defaultId(): string {
    return this.#providers.default().settings.id;
  }

  /** @throws DomainError `not-found`, `invalid-sso-code` for the link token */
  async begin(reply: FastifyReply, providerId: string, query: SignOnQuery): Promise<void> {
    this.#providers.get(providerId);
    const { link_token: token, code_challenge: challenge, return_path: path } = query;
    const link = token === undefined ? null : await this.#identities.takeLink(token, providerId);
    const result = await this.#service.begin({
      providerId,
      returnPath: link?.returnPath ?? path ?? '',
      clientChallenge: challenge ?? null,
      link,
    });
    if ('outcome' in result) return this.#land(reply, result);
    await reply.status(FOUND).headers({ location: result.location, 'set-cookie': result.cookie }).send();
  }

  /** Takes any parameter: providers add their own. @throws DomainError `not-found` */
  async conclude(reply: FastifyReply, providerId: string, request: FastifyRequest): Promise<void> {
    const { state, code, error, iss } = request.query as Readonly<Record<string, unknown>>;
    const cookies = request.headers.cookie ?? '';
    await this.#land(reply, await this.#service.conclude(providerId, { state, code, error, iss, cookies }));
  }

  async #land(reply: FastifyReply, conclusion: Parameters<typeof landingOf>[0]): Promise<void> {
    const landing = landingOf(conclusion, this.#frontendUrl);
    if (conclusion.cookie !== null) void reply.header('set-cookie', conclusion.cookie);
    if (landing.kind === 'redirect') {
      await reply.status(FOUND).header('location', landing.location).send();
      return;
    }
    await reply.status(landing.status).headers(landing.page.headers).send(landing.page.html);
  }
}
