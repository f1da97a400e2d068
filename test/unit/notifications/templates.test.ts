// Every message as it reaches a mail program: the same words in both forms, nothing loaded, no value that is markup.
import { describe, expect, it } from '@jest/globals';
import { renderMail } from '../../../src/notifications/render-mail.ts';
import type { MailContent, TemplateName } from '../../../src/notifications/templates/template.types.ts';
import { TEMPLATES } from '../../../src/notifications/templates/templates.ts';

const OCCASION = { at: '2026-11-22T10:05:30.000Z', address: '192.0.2.7' };
const HOSTILE = '<img src=x onerror=alert(1)>"\'&\r\nBcc: evil@x.example\u0000\u2028';

/** Answers every name with the same value, but for a choice. */
const valuesOf = (value: string) => new Proxy({}, { get: (_, name) => (name === 'how' ? 'changed' : value) });

function render(name: TemplateName, value: string) {
  const template = TEMPLATES[name] as (values: object) => MailContent;
  return renderMail(template(valuesOf(value)), OCCASION);
}

describe.each(Object.keys(TEMPLATES) as TemplateName[])('the message %s', (name) => {
  it('says something in a subject of one line, in text and in HTML', () => {
    const { subject, text, html } = render(name, 'https://app.clinic.example/page#token=ot_x');
    expect(subject).toMatch(/^[^\r\n]{5,200}$/);
    expect(text.length).toBeGreaterThan(100);
    expect(html).toContain('<p>');
    expect(text).not.toContain('undefined');
  });

  it('escapes every value and lets none begin a line or a header', () => {
    const { subject, text, html } = render(name, HOSTILE);
    expect(html).not.toMatch(/<(img|script)|onerror=[^&]*>/i);
    expect(html).not.toContain(`"'`);
    expect(subject).not.toMatch(/[\p{Cc}]/u);
    expect(text).not.toMatch(/^Bcc:/m);
    expect(`${text}${html}`).not.toContain('\u0000');
  });

  it('loads nothing from anywhere', () => {
    const { html } = render(name, 'https://app.clinic.example/page#token=ot_x');
    expect(html).not.toMatch(/<(img|link|script|iframe|style|object)|url\(|src=|@import/i);
  });
});

describe('a notice', () => {
  it('tells when and from where it was caused', () => {
    const { text } = renderMail(TEMPLATES['token-reuse']({}), OCCASION);
    expect(text).toContain('When: 2026-11-22 10:05 UTC. From the address 192.0.2.7.');
    expect(renderMail(TEMPLATES['token-reuse']({}), { ...OCCASION, address: null }).text).toContain('10:05 UTC.\n');
  });
});
