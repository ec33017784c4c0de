/** English names of languages, as GDELT writes them, to BCP 47 tags: `Spanish` is `es`. */
const names = new Intl.DisplayNames('en', { type: 'language', fallback: 'none' })

const LETTERS = 'abcdefghijklmnopqrstuvwxyz'
const tags = new Map<string, string>()
for (const first of LETTERS)
  for (const second of LETTERS) {
    const tag = first + second
    const name = names.of(tag)
    // Deprecated tags (`iw`) have the name of the tag that replaced them.
    if (name !== undefined && Intl.getCanonicalLocales(tag)[0] === tag)
      tags.set(name.toLowerCase(), tag)
  }

export const tagOfLanguage = (name: string): string | undefined => tags.get(name.toLowerCase())
