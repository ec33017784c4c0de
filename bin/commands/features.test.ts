import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { EVERYTHING, featureSet } from '../../processors/features/feature-sets.ts'

const folder = mkdtempSync(join(tmpdir(), 'features-command-'))
afterAll(() => rmSync(folder, { recursive: true }))
const root = join(import.meta.dirname, '..', '..')
const golden = join(root, 'processors', 'features', 'golden', 'candles.csv')

/** Runs the command as a user does. @returns exit code and what it wrote. */
async function candlewire(
  ...given: string[]
): Promise<{ code: number; stdout: string; stderr: string }> {
  const argv = ['--import', 'tsx', join(root, 'bin', 'cli.ts'), 'features', ...given]
  try {
    return {
      code: 0,
      ...(await promisify(execFile)(process.execPath, argv, { cwd: root, maxBuffer: 2 ** 26 })),
    }
  } catch (thrown) {
    const { code, stdout, stderr } = thrown as { code: number; stdout: string; stderr: string }
    return { code, stdout, stderr }
  }
}

describe('candlewire features', () => {
  it('computes a file into CSV and says what became of its rows', async () => {
    const candles = join(folder, 'candles.csv')
    writeFileSync(
      candles,
      readFileSync(golden, 'utf8').split('\n').slice(0, 40).join('\n') +
        '\nnot,a,candle,at,all,!\n',
    )
    const out = join(folder, 'features.csv')
    const { code, stderr } = await candlewire('compute', '--candles', candles, '--out', out)
    expect(stderr).toMatch(
      /^line 41: .*\n40 rows: 1 bad, 0 duplicates, 0 late; 39 bars \(0 filled\) in /,
    )
    expect(code).toBe(0)
    const lines = readFileSync(out, 'utf8').trimEnd().split('\n')
    expect(lines[0]).toBe(`timestamp,${featureSet('market-76').features.join(',')}`)
    expect(lines).toHaveLength(40)
    expect(lines.every((line) => line.split(',').length === 77)).toBe(true)
  })

  it('obeys the gap and session options, and writes JSON lines', async () => {
    const out = join(folder, 'features.ndjson')
    const options = [
      '--max-fill-minutes',
      '0',
      '--session-zone',
      'UTC',
      '--session-start',
      '00:00',
      '--instrument',
      'X',
    ]
    const { stderr } = await candlewire('compute', '--candles', golden, '--out', out, ...options)
    expect(stderr).toContain('2300 bars (0 filled)')
    const last = JSON.parse(readFileSync(out, 'utf8').trimEnd().split('\n').at(-1)!) as Record<
      string,
      unknown
    >
    expect(Object.keys(last)).toEqual(['timestamp', ...featureSet('market-76').features])
  })

  it('writes CSV to standard output', async () => {
    const { stdout } = await candlewire('compute', '--candles', golden, '--out', '-')
    expect(stdout.split('\n')).toHaveLength(3177 + 2)
  })

  it.each([
    ['a file that is not there', ['--candles', 'nowhere.csv', '--out', '-'], 'FILE_UNREADABLE'],
    ['an unknown set', ['--candles', golden, '--out', '-', '--set', 'market-1'], 'NOT_FOUND'],
    ['an unknown ending', ['--candles', golden, '--out', 'x.xlsx'], 'FORMAT_UNKNOWN'],
    [
      'a zone that is none',
      ['--candles', golden, '--out', '-', '--session-zone', 'Mars/Olympus'],
      'CONFIG_INVALID',
    ],
    [
      'a folder that is not there',
      ['--candles', golden, '--out', join(folder, 'no', 'x.csv')],
      'FILE_UNREADABLE',
    ],
  ])('refuses %s in one line', async (_, given, code) => {
    const result = await candlewire('compute', ...given)
    expect(result.code).toBe(1)
    expect(result.stderr).toMatch(new RegExp(`^${code}: .*\n$`))
  })

  it('lists the features of a set', async () => {
    const { stdout } = await candlewire('list', '--json')
    const listed = JSON.parse(stdout) as { name: string; warmupBars: number }[]
    expect(listed.map(({ name }) => name)).toEqual(EVERYTHING.features)
    const { stdout: table } = await candlewire('list', '--set', 'market-76')
    expect(table.split('\n')).toHaveLength(78)
  })
})
