import { escapeHtml } from '../http/escape-html.ts';
import type { OutgoingMessage } from './mail-transport.port.ts';
import type { MailContent, Occasion } from './templates/template.types.ts';

const CONTROL = /\p{Cc}+/gu;
const MAX_SUBJECT_CHARACTERS = 200;
const CLOSING = 'This message was sent by VoiceAssist. Nobody reads answers to it.';
const BODY_STYLE = 'font:16px/1.5 sans-serif;max-width:34rem;margin:2rem auto;padding:0 1rem;color:#222';
const BUTTON_STYLE = 'background:#1a4d80;color:#fff;padding:.6rem 1rem;border-radius:4px;text-decoration:none';

/** Subject, text and HTML of a message. */
export type RenderedMail = Pick<OutgoingMessage, 'subject' | 'text' | 'html'>;

/** One layout for every message, as text and as HTML: the same words, nothing loaded from anywhere. */
export function renderMail(content: MailContent, occasion: Occasion): RenderedMail {
  const paragraphs = content.showsOccasion ? [...content.paragraphs, occasionText(occasion)] : content.paragraphs;
  const lines = paragraphs.map(oneLine);
  const { action } = content;
  return {
    subject: oneLine(content.subject).slice(0, MAX_SUBJECT_CHARACTERS),
    text: [...lines, ...(action ? [`${action.label}:\n${oneLine(action.link)}`] : []), `-- \n${CLOSING}`].join('\n\n'),
    html:
      `<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><title>${escapeHtml(oneLine(content.subject))}</title></head>\n` +
      `<body style="${BODY_STYLE}">\n${lines.map((line) => `<p>${escapeHtml(line)}</p>`).join('\n')}\n` +
      `${action ? actionHtml(action) : ''}<p style="color:#666">${escapeHtml(CLOSING)}</p>\n</body>\n</html>\n`,
  };
}

/** A time as everybody reads it, to the minute. */
export function readableTime(at: string): string {
  return `${at.slice(0, 'yyyy-mm-dd'.length)} ${at.slice('yyyy-mm-ddT'.length, 'yyyy-mm-ddThh:mm'.length)} UTC`;
}

function occasionText({ at, address }: Occasion): string {
  return `When: ${readableTime(at)}.${address === null ? '' : ` From the address ${address}.`}`;
}

/** The link is shown as well as hidden behind a label: who cannot click can copy. */
function actionHtml({ label, link }: NonNullable<MailContent['action']>): string {
  const target = escapeHtml(oneLine(link));
  return (
    `<p><a href="${target}" style="${BUTTON_STYLE}">${escapeHtml(label)}</a></p>\n` +
    `<p style="color:#666;word-break:break-all">${target}</p>\n`
  );
}

/** A value must not begin a line, a header or a paragraph of its own. */
function oneLine(text: string): string {
  return text.toWellFormed().replace(CONTROL, ' ').trim();
}
