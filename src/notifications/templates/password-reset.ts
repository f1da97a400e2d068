import type { Template } from './template.types.ts';

/** The link that lets a user choose a new password. */
export const passwordReset: Template<'password-reset'> = ({ link, goodUntil }) => ({
  subject: 'Choose a new password',
  paragraphs: [
    'A new password for your account was asked for. Until you choose one, the old one stays good.',
    `The link is good once, until ${goodUntil}. If you did not ask for it, do nothing and show it to nobody.`,
  ],
  action: { label: 'Choose a new password', link },
  showsOccasion: true,
});
