import { SaxesParser } from 'saxes';

/** An element of a request body. Names are written `{namespace}local`, as sabre/dav writes them. */
export interface XmlElement {
  readonly name: string;
  readonly children: XmlElement[];
  text: string;
}

/** Parses a request body. @throws Error when it is not well-formed */
export function parseXml(source: string): XmlElement {
  const root: XmlElement = { name: '', children: [], text: '' };
  const open = [root];
  const parser = new SaxesParser({ xmlns: true });
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', (tag) => {
    const element = { name: `{${tag.uri}}${tag.local}`, children: [], text: '' };
    open.at(-1)?.children.push(element);
    open.push(element);
  });
  parser.on('closetag', () => open.pop());
  parser.on('text', (text) => {
    const top = open.at(-1);
    if (top !== undefined) top.text += text;
  });
  parser.write(source).close();
  const document = root.children[0];
  if (document === undefined) throw new Error('Empty document');
  return document;
}

/** @returns the first child with this `{namespace}local` name. */
export function childOf(element: XmlElement, name: string): XmlElement | undefined {
  return element.children.find((it) => it.name === name);
}
