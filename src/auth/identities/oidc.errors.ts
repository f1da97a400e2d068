/** Why a single sign-on failed: for the audit trail, and to choose what the browser is told. */
export type OidcErrorReason =
  | 'state-unknown'
  | 'state-of-another-browser'
  | 'state-of-another-provider'
  | 'issuer-parameter'
  | 'code-missing'
  | 'provider-refused'
  | 'provider-unreachable'
  | 'provider-timeout'
  | 'provider-answer'
  | 'discovery'
  | 'keys'
  | 'token-endpoint'
  | 'id-token'
  | 'userinfo'
  | 'account-inactive'
  | 'account-unknown'
  | 'email-required'
  | 'link-refused';

/** A single sign-on that ends here. Carries no text of the provider. */
export class OidcError extends Error {
  override readonly name = 'OidcError';

  constructor(
    readonly reason: OidcErrorReason,
    options: { readonly cause?: unknown } = {},
  ) {
    super(`Single sign-on failed: ${reason}`, options);
  }
}
