import type { Template } from './template.types.ts';

const WHAT_HAPPENED = {
  invalid: [
    'Nextcloud no longer accepts the app password that this server uses for you. It may have been revoked in Nextcloud.',
    'Nothing is read or written in your Nextcloud until you link the account again.',
  ],
  suspended: [
    'Your Nextcloud account is disabled there.',
    'Nothing is read or written in your Nextcloud until its administrator enables the account again; you need not link it again then.',
  ],
} as const;

/** Once, when Nextcloud refuses what was linked. */
export const nextcloudAccountRefused: Template<'nextcloud-account-refused'> = ({ state, link }) => ({
  subject: 'Your Nextcloud account is not connected any more',
  paragraphs: [
    ...WHAT_HAPPENED[state === 'suspended' ? 'suspended' : 'invalid'],
    'Running scans of your documents were ended. What was indexed before is kept.',
  ],
  ...(link !== undefined && { action: { label: 'Open the settings', link } }),
  showsOccasion: false,
});
