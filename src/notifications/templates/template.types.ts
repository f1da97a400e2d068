/** What each message fills in. Texts are plain; the layout escapes them. */
export interface TemplateValues {
  /** Asks the owner of an address to confirm it. */
  readonly 'email-verification': LinkValues;
  /** To an address that somebody wanted to open another account with, or move an account to. */
  readonly 'account-exists': { readonly link: string };
  readonly 'password-reset': LinkValues;
  readonly 'password-changed': { readonly how: 'changed' | 'reset' };
  /** To the new address of a change. */
  readonly 'email-change-confirmation': LinkValues;
  /** To the address of now, when a change was asked for. */
  readonly 'email-change-requested': { readonly newEmail: string };
  /** To both addresses, after a change. */
  readonly 'email-changed': { readonly newEmail: string };
  readonly invitation: LinkValues;
  /** A refresh token was used twice and its session ended. `session` is its name or user agent. */
  readonly 'token-reuse': { readonly session?: string };
  /** `change` completes "..., on your account": for example "An authenticator app was set up". */
  readonly 'second-factor-changed': { readonly change: string };
  /** `change` says whether the identity was linked or removed. */
  readonly 'identity-linked': { readonly provider: string; readonly change?: 'linked' | 'removed' };
  /** `name` as the user calls the token. */
  readonly 'access-token-created': { readonly name: string; readonly scopes?: string };
  /** Nextcloud refuses the linked account. `link` opens the web application, where there is one. */
  readonly 'nextcloud-account-refused': { readonly state: 'invalid' | 'suspended'; readonly link?: string };
  /** `event` in words, without content or addresses: for example "Many failed logins of one account". */
  readonly 'admin-alert': { readonly event: string; readonly reference?: string };
}

interface LinkValues {
  /** URL with the one-time token in its fragment. */
  readonly link: string;
  /** Until when the link is good. */
  readonly goodUntil: string;
}

/** Every message that the server writes; each has a file of this name beside this one. */
export type TemplateName = keyof TemplateValues;

/** When and from where the cause of a message came. */
export interface Occasion {
  /** RFC 3339. */
  readonly at: string;
  /** Address of the client; null for work of the server itself. */
  readonly address: string | null;
}

/** What a message says, before it becomes text and HTML. */
export interface MailContent {
  readonly subject: string;
  readonly paragraphs: readonly string[];
  readonly action?: { readonly label: string; readonly link: string };
  /** True where the reader should see when and from where it was caused. */
  readonly showsOccasion: boolean;
}

/** Makes the content of one kind of message. */
export type Template<Name extends TemplateName> = (values: TemplateValues[Name]) => MailContent;
