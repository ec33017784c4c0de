/**
 * The forms of a headline that tell whether two are the same: its words, and its words without what
 * publishers put around a headline.
 *
 * Finance headlines are written from templates. "Dow up 100 points" and "Dow up 200 points", or two
 * companies that announce their earnings date, share nine words of ten and are different news; in
 * real headlines a word-set similarity of 0.8 to 0.95 holds mostly such pairs. So words must be
 * equal, all of them and in order; only a label before ("UPDATE 1-", "Stock market today : ") or a
 * publisher behind (" - Reuters", " | Business") may be there or not.
 */

export interface TitleForms {
  /** All words, joined by blanks. */
  readonly whole: string
  readonly wordCount: number
  /** The same without a label before or without a publisher behind; at most one of each. */
  readonly bare: readonly string[]
}

/** Less than that is no headline by itself but half of one: "Oil prices up - 28 - 07". */
const BARE_WORDS_MIN = 5
/** Longer than that it says something: it is no label and no name of a publisher. */
const AROUND_WORDS_MAX = 4

/** "Stock market today: ", "Business News | ", "US STOCKS-Wall St", but not "year-end". */
const LABEL_END = /\s?:\s|\s[-–—|]+\s|(?<=[A-Z0-9])-(?=[A-Z])/u
/** " - Reuters", " | Business", "_Sina" as some Chinese pages have it. */
const PUBLISHER_START = /(?:\s[-–—]+\s|\s?[|_]\s?)(?!.*(?:\s[-–—]+\s|[|_]))/u

/** @param title headline of any language; without blanks between words only equal ones match */
export function titleForms(title: string): TitleForms {
  const words = wordsOf(title)
  const bare = new Set<string>()
  const label = LABEL_END.exec(title)
  if (label !== null) {
    const [before, after] = [
      title.slice(0, label.index),
      title.slice(label.index + label[0].length),
    ]
    addBare(bare, wordsOf(after), wordsOf(before))
  }
  const publisher = PUBLISHER_START.exec(title)
  if (publisher !== null) {
    const end = publisher.index + publisher[0].length
    addBare(bare, wordsOf(title.slice(0, publisher.index)), wordsOf(title.slice(end)))
  }
  const whole = words.join(' ')
  bare.delete(whole)
  return { whole, wordCount: words.length, bare: [...bare] }
}

/** Runs of letters and runs of digits; apostrophes fall away, as half of the sources lose them. */
const wordsOf = (text: string): string[] =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/['’‘`´]/g, '')
    .match(/[\p{L}\p{M}]+|\p{N}+/gu) ?? []

function addBare(bare: Set<string>, rest: readonly string[], around: readonly string[]): void {
  const isHeadline = rest.length >= BARE_WORDS_MIN && rest.length >= 2 * around.length
  if (isHeadline && around.length <= AROUND_WORDS_MAX) bare.add(rest.join(' '))
}
