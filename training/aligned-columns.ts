/** Rows of a table as lines: the first column to the left, numbers to the right, others to the left. */
const IS_NUMBER = /^[-+]?[\d.,]+(e[-+]?\d+)?( %)?$|^-$|^$/

/** @param table the header first; all rows as long as it is */
export function alignedColumns(table: readonly (readonly string[])[]): string[] {
  const [header = [], ...rows] = table
  const columns = header.map((name, column) => {
    const cells = rows.map((row) => row[column] ?? '')
    const width = Math.max(name.length, ...cells.map((cell) => cell.length))
    const isRight = column > 0 && cells.length > 0 && cells.every((cell) => IS_NUMBER.test(cell))
    return { width, isRight }
  })
  return table.map((row) =>
    columns
      .map(({ width, isRight }, column) => {
        const cell = row[column] ?? ''
        return isRight ? cell.padStart(width) : cell.padEnd(width)
      })
      .join('  ')
      .trimEnd(),
  )
}
