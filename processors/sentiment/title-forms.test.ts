import { describe, expect, it } from 'vitest'
import { titleForms } from './title-forms.ts'

describe('titleForms', () => {
  it.each([
    ['Fed’s Powell: “Inflation’s falling”', 'feds powell inflations falling'],
    ["S&P 500 up 1.5%, Dow's record", 's p 500 up 1 5 dows record'],
    ['Ｆｕｌｌ－width ＣＰＩ', 'full width cpi'],
    ['Chứng khoán Mỹ: VN-Index', 'chứng khoán mỹ vn index'],
    ['  !? … ', ''],
  ])('takes the words of %s', (title, whole) => {
    expect(titleForms(title).whole).toBe(whole)
  })

  it.each([
    ['UPDATE 1-Mosaic profit widely beats Wall Street', 'mosaic profit widely beats wall street'],
    ['Stock market today: Wall Street falls in late trading', 'wall street falls in late trading'],
    ['Business News | SEBI working on instant settlement', 'sebi working on instant settlement'],
    ['Investors flee to the safety of gold - Reuters', 'investors flee to the safety of gold'],
    [
      'Investors flee - to the safety of gold | NBC New York',
      'investors flee to the safety of gold',
    ],
    ['美股 CPI 上涨 3 % 意味着什么_凤凰网', '美股 cpi 上涨 3 意味着什么'],
  ])('knows %s without what is put around it', (title, bare) => {
    expect(titleForms(title).bare).toContain(bare)
  })

  it.each([
    ['a headline of less than five words is none', 'Oil prices up - Reuters'],
    ['five words around it are no label', 'The five things to know: stocks fall on weak jobs data'],
    ['a hyphen inside a word is no separator', 'Year-end rally lifts mid-cap shares to highs'],
    [
      'half of the headline is no label',
      'Apple beats forecasts again - shares fall in late trading',
    ],
  ])('takes nothing away: %s', (_, title) => {
    expect(titleForms(title).bare).toEqual([])
  })
})
