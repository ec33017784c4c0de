/** Tables that a screen reader can walk: a caption, headers with scope, text left and numbers right. */
import { html, type Html } from './html.ts'

export interface Cell {
  readonly text: string
  /** How it compares; said by colour beside what the text says. */
  readonly tone?: 'better' | 'worse'
}

export interface DataTable {
  readonly caption: string
  /** The first column names the row. */
  readonly header: readonly string[]
  readonly rows: readonly (readonly (string | number | Cell)[])[]
  /** Indexes of columns that hold text; the first one always does. */
  readonly textColumns?: readonly number[]
}

export function dataTable({ caption, header, rows, textColumns = [] }: DataTable): Html {
  const isText = (column: number) => column === 0 || textColumns.includes(column)
  const heads = header.map((text, column) =>
    isText(column)
      ? html`<th scope="col" class="text">${text}</th>`
      : html`<th scope="col">${text}</th>`,
  )
  const bodies = rows.map(
    (row) =>
      html`<tr>
        ${row.map((value, column) => cellOf(value, column))}
      </tr> `,
  )
  return html`<div class="scroll" tabindex="0" role="group" aria-label="${caption}">
    <table>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${heads}
        </tr>
      </thead>
      <tbody>
        ${bodies}
      </tbody>
    </table>
  </div>`

  function cellOf(value: string | number | Cell, column: number): Html {
    const cell = typeof value === 'object' ? value : { text: String(value) }
    if (column === 0) return html`<th scope="row" class="text">${cell.text}</th>`
    const classes = [...(isText(column) ? ['text'] : []), ...(cell.tone ? [cell.tone] : [])]
    return classes.length === 0
      ? html`<td>${cell.text}</td>`
      : html`<td class="${classes.join(' ')}">${cell.text}</td>`
  }
}
