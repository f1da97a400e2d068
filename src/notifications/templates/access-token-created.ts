import type { Template } from './template.types.ts';

/** After a personal access token was made. */
export const accessTokenCreated: Template<'access-token-created'> = ({ name, scopes }) => ({
  subject: 'A personal access token was made',
  paragraphs: [
    `A personal access token named "${name}" was made for your account.${scopes === undefined ? '' : ` It may: ${scopes}.`}`,
    'If it was not you, delete the token, change your password and tell your administrator.',
  ],
  showsOccasion: true,
});
