import { readFileSync } from 'node:fs';
import { textPdf } from '../test/support/pdf.ts';

/** A file for the stand-in Nextcloud. */
export interface SampleFile {
  readonly path: string;
  readonly content: Buffer;
}

const DIABETES_PAGES = [
  [
    'Type 2 diabetes in adults (sample)',
    'A fictional text for demonstrations. It is no medical advice.',
    '',
    'Diagnosis: HbA1c of 48 mmol/mol (6.5 %) or higher on two occasions,',
    'or once together with symptoms.',
  ],
  [
    'Treatment',
    '',
    'Metformin is the first drug for most adults with type 2 diabetes.',
    'Do not start metformin when the eGFR is below 30 ml/min; review the dose',
    'when the eGFR is below 45 ml/min.',
    'Offer an SGLT2 inhibitor as well when there is heart failure or',
    'chronic kidney disease.',
  ],
];

/** Three short guidelines, one of each format that is indexed. */
export function sampleGuidelines(): SampleFile[] {
  const file = (name: string): Buffer => readFileSync(new URL(`./guidelines/${name}`, import.meta.url));
  return [
    { path: '/Medical_Guidelines/hypertension.md', content: file('hypertension.md') },
    { path: '/Medical_Guidelines/anticoagulation.txt', content: file('anticoagulation.txt') },
    { path: '/Medical_Guidelines/diabetes.pdf', content: textPdf(DIABETES_PAGES) },
  ];
}
