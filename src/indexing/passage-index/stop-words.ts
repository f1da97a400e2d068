/**
 * English and German words too common to tell passages apart, in the folded form of the tokenizer. `who`, `it` as
 * abbreviation and the like: `who` stays searchable for the World Health Organization. Negations (`no`, `not`, `kein`)
 * stay as well.
 */
export const STOP_WORDS: ReadonlySet<string> = new Set(
  `a about after all also am an and any are as at be because been before being both but by can could did do does doing
  for from had has have having he her here him his how i if in into is it its itself just me more most my of on once only
  or other our out over own s same she should so some such t than that the their them then there these they this those
  through to too under until up very was we were what when where which while whom why will with would you your
  aber als am an auch auf aus bei bin bis da damit dann das dass dem den der des die dies diese diesem diesen dieser
  dieses doch du durch ein eine einem einen einer eines er es fur hat haben hatte ich ihr im ist ja jede jeder jedes kann
  konnen mit muss nach noch nur oder ob sein seine sich sie sind so soll sollte sowie sondern uber um und uns unter vom
  von vor war waren was welche welcher welches wenn werden wie wir wird wo wurde wurden zu zum zur zwischen`
    .split(/\s+/)
    .filter((word) => word !== ''),
);
