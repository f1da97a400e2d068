import type { Template } from './template.types.ts';

/** To administrators, when something happened that one of them should look at. */
export const adminAlert: Template<'admin-alert'> = ({ event, reference }) => ({
  subject: `Alert: ${event}`,
  paragraphs: [
    `${event}${/[.!?]$/.test(event) ? '' : '.'}`,
    `The audit trail has the details.${reference === undefined ? '' : ` Reference: ${reference}.`}`,
  ],
  showsOccasion: true,
});
