import { describe, expect, it } from 'vitest'
import { dataTable } from './data-table.ts'
import { html } from './html.ts'

describe('html', () => {
  it('escapes what is put in, joins arrays, and leaves HTML as it is', () => {
    const items = ['<b>', `"it's" & so`].map((text) => html`<li title="${text}">${text}</li>`)
    expect(html`${items}`.text).toBe(
      '<li title="&lt;b&gt;">&lt;b&gt;</li><li title="&quot;it&#39;s&quot; &amp; so">&quot;it&#39;s&quot; &amp; so</li>',
    )
  })
})

describe('dataTable', () => {
  it('has a caption, headers with scope, and says by colour what compares', () => {
    const text = dataTable({
      caption: 'A & B',
      header: ['Name', 'Value'],
      rows: [
        ['<x>', 1],
        ['y', { text: '2', tone: 'worse' }],
      ],
    }).text
    for (const part of [
      '<caption>A &amp; B</caption>',
      '<th scope="col" class="text">Name</th>',
      '<th scope="col">Value</th>',
      '<th scope="row" class="text">&lt;x&gt;</th>',
      '<td class="worse">2</td>',
    ])
      expect(text.replace(/\s*\n\s*/g, '')).toContain(part)
  })
})
