import { createHash } from 'node:crypto'
import { once } from 'node:events'
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { breakOff, FileServer, status } from '../../test/support/file-server.ts'
import type { Dataset } from './catalogue.ts'
import { fetchDataset, type DatasetOptions } from './dataset-files.ts'

const sha256 = (text: string | Buffer) => createHash('sha256').update(text).digest('hex')
/** 300 KB that do not repeat. */
const contentOf = (month: string) =>
  Array.from(
    { length: 9_000 },
    (_, index) => `${month} ${index} ${sha256(String(index)).slice(0, 20)}\n`,
  ).join('')

let server: FileServer
let base: string
let cacheDir: string
let dataset: Dataset

beforeEach(async () => {
  server = new FileServer()
  base = await server.listen()
  cacheDir = mkdtempSync(join(tmpdir(), 'dataset-'))
  dataset = {
    name: 'test-set',
    title: 'A test',
    instrument: 'X',
    format: 'csv',
    layout: 'any',
    home: base,
    terms: 'none',
    urls: [`${base}/{YYYY}/x-{YYYY}-{M}.csv`],
    file: 'x-{YYYY}-{MM}.csv',
    from: '2024-01',
    to: '2024-12',
    bytesMax: 1_000_000,
    sha256: {},
  }
})
afterEach(async () => {
  await server.close()
  rmSync(cacheDir, { recursive: true, force: true })
})

const put = (month: string, content = contentOf(month)) => server.put(urlPath(month), content)
const urlPath = (month: string) =>
  `/${month.slice(0, 4)}/x-${month.slice(0, 4)}-${Number(month.slice(5))}.csv`
const filePath = (month: string) => join(cacheDir, 'test-set', `x-${month}.csv`)

function fetchMonths(months: string[], more: Partial<DatasetOptions> & { of?: Dataset } = {}) {
  const { of = dataset, ...options } = more
  return fetchDataset(of, months, {
    cacheDir,
    signal: new AbortController().signal,
    onProgress: () => undefined,
    mayEndEarly: false,
    fetching: { backOff: { firstMs: 5, maxMs: 10 }, silenceMs: 300 },
    ...options,
  })
}

/** Whether this much of the month has been written. */
const hasPart = (month: string, bytes: number) => () =>
  statSync(`${filePath(month)}.part`, { throwIfNoEntry: false })?.size === bytes

/** What is in the folder besides whole files and what is known of them. */
const leftOvers = () =>
  readdirSync(join(cacheDir, 'test-set')).filter((name) => !/\.csv(\.source\.json)?$/.test(name))

describe('fetching a data set', () => {
  it('brings the files in the order of their months, a few at a time, once', async () => {
    const months = Array.from(
      { length: 12 },
      (_, index) => `2024-${String(index + 1).padStart(2, '0')}`,
    )
    for (const month of months) put(month)
    let progress: number[] = []
    const files = await fetchMonths(months, { onProgress: (...counts) => (progress = counts) })
    expect(files.map(({ month }) => month)).toEqual(months)
    for (const { month, path, sha256: digest, fetched } of files) {
      expect(readFileSync(path, 'utf8')).toBe(contentOf(month))
      expect([digest, fetched]).toEqual([sha256(contentOf(month)), true])
    }
    expect(progress).toEqual([12, files.reduce((sum, { bytes }) => sum + bytes, 0)])
    expect(server.atOnce).toBeLessThanOrEqual(4)
    expect(leftOvers()).toEqual([])

    server.asked.length = 0
    const again = await fetchMonths(months)
    expect(server.asked).toEqual([])
    expect(again).toEqual(files.map((file) => ({ ...file, fetched: false })))
  })

  it.each([
    ['the connection breaks', hasPart('2024-01', 100_000)],
    ['the server falls silent', undefined],
  ])('goes on inside a file when %s', async (_, cutWhen) => {
    put('2024-01')
    server.fail(urlPath('2024-01'), breakOff(100_000, cutWhen), status(503, { 'retry-after': '0' }))
    const [file] = await fetchMonths(['2024-01'])
    expect(readFileSync(file?.path ?? '', 'utf8')).toBe(contentOf('2024-01'))
    expect(server.asked.map(({ range }) => range)).toEqual([
      undefined,
      'bytes=100000-',
      'bytes=100000-',
    ])
  })

  it('goes on where a run that was ended left off', async () => {
    put('2024-01')
    const controller = new AbortController()
    server.fail(urlPath('2024-01'), breakOff(100_000))
    const running = fetchMonths(['2024-01'], {
      signal: controller.signal,
      fetching: {},
      onProgress: (_files, bytes) => bytes >= 100_000 && controller.abort(new Error('stopped')),
    })
    await expect(running).rejects.toThrow('stopped')
    expect(statSync(`${filePath('2024-01')}.part`).size).toBe(100_000)
    await fetchMonths(['2024-01'])
    expect(readFileSync(filePath('2024-01'), 'utf8')).toBe(contentOf('2024-01'))
    expect(server.asked.at(-1)?.range).toBe('bytes=100000-')
    expect(leftOvers()).toEqual([])
  })

  // Sizes around what undici buffers and what one read of a socket brings.
  it.each([30_000, 65_536, 66_000, 75_000, 90_000, 131_072, 200_000])(
    'survives a server that closes the connection before %i bytes are read',
    async (size) => {
      const content = contentOf('2024-01').slice(0, size)
      put('2024-01', content)
      let closed: Promise<unknown> = Promise.resolve()
      server.fail(urlPath('2024-01'), (response, file) => {
        closed = once(response, 'close')
        response.writeHead(200, { connection: 'close', 'content-length': String(size) })
        response.end(file?.content)
      })
      const slow = async (...given: Parameters<typeof open>) => {
        await closed
        for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate)
        return open(...given)
      }
      await fetchMonths(['2024-01'], { fetching: { openFile: slow } })
      expect(readFileSync(filePath('2024-01'), 'utf8')).toBe(content)
    },
  )

  it('follows redirects', async () => {
    put('2024-01')
    const moved = { ...dataset, urls: [`${base}/moved/{YYYY}-{MM}`] }
    server.put('/moved/2024-01', '')
    server.fail('/moved/2024-01', status(302, { location: urlPath('2024-01') }))
    await fetchMonths(['2024-01'], { of: moved })
    expect(readFileSync(filePath('2024-01'), 'utf8')).toBe(contentOf('2024-01'))
  })

  it('does not take an answer that was compressed on the way', async () => {
    put('2024-01')
    server.fail(urlPath('2024-01'), status(200, { 'content-encoding': 'gzip' }))
    await expect(fetchMonths(['2024-01'])).rejects.toThrow(/comes compressed/)
  })

  it('does not join parts of two versions', async () => {
    put('2024-01')
    server.fail(urlPath('2024-01'), (response, file) => {
      breakOff(100_000, hasPart('2024-01', 100_000))(response, file, () => undefined)
      put('2024-01', contentOf('new'))
    })
    await fetchMonths(['2024-01'])
    expect(readFileSync(filePath('2024-01'), 'utf8')).toBe(contentOf('new'))
  })

  it('does not join them either if the server ignores the condition', async () => {
    put('2024-01')
    server.fail(urlPath('2024-01'), breakOff(100_000, hasPart('2024-01', 100_000)), (response) => {
      const part = Buffer.from(contentOf('new')).subarray(100_000)
      response
        .writeHead(206, {
          etag: '"other"',
          'content-range': `bytes 100000-${100_000 + part.length - 1}/*`,
        })
        .end(part)
    })
    await fetchMonths(['2024-01'])
    expect(readFileSync(filePath('2024-01'), 'utf8')).toBe(contentOf('2024-01'))
  })

  it.each([
    ['without ranges', (): void => void (server.supportsRanges = false), undefined],
    ['without validators', (): void => void 0, null],
  ])('begins again with a server %s', async (_, prepare, etag) => {
    server.put(urlPath('2024-01'), contentOf('2024-01'), etag === undefined ? {} : { etag })
    prepare()
    server.fail(urlPath('2024-01'), breakOff(100_000, hasPart('2024-01', 100_000)))
    await fetchMonths(['2024-01'])
    expect(readFileSync(filePath('2024-01'), 'utf8')).toBe(contentOf('2024-01'))
  })

  it('uses a date where there is no strong ETag', async () => {
    const lastModified = 'Mon, 01 Jan 2024 00:00:00 GMT'
    server.put(urlPath('2024-01'), contentOf('2024-01'), { etag: 'W/"weak"', lastModified })
    server.fail(urlPath('2024-01'), breakOff(5_000))
    await fetchMonths(['2024-01'])
    expect(readFileSync(filePath('2024-01'), 'utf8')).toBe(contentOf('2024-01'))
    expect(server.asked.at(-1)?.range).toBe('bytes=5000-')
  })

  it('finishes a part that was whole already', async () => {
    put('2024-01')
    server.fail(urlPath('2024-01'), breakOff(100))
    const controller = new AbortController()
    const running = fetchMonths(['2024-01'], {
      signal: controller.signal,
      onProgress: (_files, bytes) => bytes > 0 && controller.abort(),
    })
    await expect(running).rejects.toThrow()
    writeFileSync(`${filePath('2024-01')}.part`, contentOf('2024-01'))
    await fetchMonths(['2024-01'])
    expect(readFileSync(filePath('2024-01'), 'utf8')).toBe(contentOf('2024-01'))
    expect(server.asked.length).toBe(2)
  })

  it('gives up a file after five failures in a row, and says how far it came', async () => {
    put('2024-01')
    put('2024-02')
    await fetchMonths(['2024-01'])
    server.fail(urlPath('2024-02'), ...Array.from({ length: 5 }, () => status(500)))
    await expect(fetchMonths(['2024-01', '2024-02'])).rejects.toMatchObject({
      code: 'DATASET_UNAVAILABLE',
      retryable: true,
      message: expect.stringMatching(
        /x-2024-2\.csv: the server answered 500, after 5 attempts in \d+ s\. 1 of 2 files of test-set are in/,
      ) as string,
    })
    await fetchMonths(['2024-01', '2024-02'])
  })

  it('says what was tried when there is no network', async () => {
    await server.close()
    await expect(fetchMonths(['2024-01', '2024-02', '2024-03'])).rejects.toMatchObject({
      code: 'DATASET_UNAVAILABLE',
      message: expect.stringMatching(/ECONNREFUSED.*after 5 attempts.*0 of 3 files/) as string,
    })
    server = new FileServer()
  })

  it.each([403, 400])('does not press a server that answers %i', async (code) => {
    server.fail(urlPath('2024-01'), status(code))
    await expect(fetchMonths(['2024-01'])).rejects.toMatchObject({ code: 'DATASET_UNAVAILABLE' })
    expect(server.asked.length).toBe(1)
  })

  it('looks at the next address where a month is not at the first', async () => {
    const two = { ...dataset, urls: [`${base}/none/{YYYY}-{MM}`, ...dataset.urls] }
    put('2024-01')
    await fetchMonths(['2024-01'], { of: two })
    expect(server.asked.map(({ path }) => path)).toEqual(['/none/2024-01', urlPath('2024-01')])
  })

  it('fails for a month that is missing, but for the newest ones', async () => {
    put('2024-01')
    put('2024-03')
    const months = ['2024-01', '2024-02', '2024-03']
    await expect(fetchMonths(months)).rejects.toThrow(/There is no file at .*x-2024-2\.csv/)
    await expect(fetchMonths(months, { mayEndEarly: true })).rejects.toThrow(/x-2024-2\.csv/)
    const files = await fetchMonths(['2024-01', '2024-02'], { mayEndEarly: true })
    expect(files.map(({ month }) => month)).toEqual(['2024-01'])
    await expect(fetchMonths(['2024-02'], { mayEndEarly: true })).rejects.toThrow(/x-2024-2\.csv/)
  })

  it('does not take a file that is longer than it may be', async () => {
    put('2024-01', 'x'.repeat(1_000_001))
    await expect(fetchMonths(['2024-01'])).rejects.toThrow(/longer than the 1000000 bytes/)
    server.fail(urlPath('2024-01'), (response) => {
      response.writeHead(200)
      response.end('x'.repeat(2_000_000))
    })
    await expect(fetchMonths(['2024-01'])).rejects.toThrow(/longer than the 1000000 bytes/)
  })

  it('says so when the disk is full', async () => {
    put('2024-01')
    const full = vi.fn(async (...given: Parameters<typeof open>) => {
      const file = await open(...given)
      file.write = () =>
        Promise.reject(Object.assign(new Error('no space left'), { code: 'ENOSPC' }))
      return file
    })
    await expect(fetchMonths(['2024-01'], { fetching: { openFile: full } })).rejects.toMatchObject({
      code: 'DISK_FULL',
      message: expect.stringMatching(/No room for .*x-2024-01\.csv \(0\.3 MB\)/) as string,
    })
    expect(full).toHaveBeenCalledTimes(1)
    await fetchMonths(['2024-01'])
  })
})

describe('checksums', () => {
  it('known ones must fit; the second try begins anew', async () => {
    put('2024-01')
    const known = { ...dataset, sha256: { '2024-01': sha256(contentOf('2024-01')) } }
    server.fail(urlPath('2024-01'), (response) => response.end('something else'))
    await fetchMonths(['2024-01'], { of: known })
    expect(readFileSync(filePath('2024-01'), 'utf8')).toBe(contentOf('2024-01'))

    put('2024-02', 'another file')
    const wrong = { ...dataset, sha256: { '2024-02': sha256(contentOf('2024-02')) } }
    await expect(fetchMonths(['2024-02'], { of: wrong })).rejects.toMatchObject({
      code: 'CHECKSUM_MISMATCH',
    })
    expect(existsSync(filePath('2024-02'))).toBe(false)
    expect(leftOvers()).toEqual([])
  })

  it('are read where they are published beside the file', async () => {
    const published = { ...dataset, checksumSuffix: '.CHECKSUM' }
    put('2024-01')
    server.put(
      `${urlPath('2024-01')}.CHECKSUM`,
      `${sha256(contentOf('2024-01')).toUpperCase()}  x.zip\n`,
    )
    server.fail(`${urlPath('2024-01')}.CHECKSUM`, status(502))
    await fetchMonths(['2024-01'], { of: published })

    put('2024-02')
    server.put(`${urlPath('2024-02')}.CHECKSUM`, `${sha256('other')}  x.zip\n`)
    await expect(fetchMonths(['2024-02'], { of: published })).rejects.toMatchObject({
      code: 'CHECKSUM_MISMATCH',
    })
    server.put(`${urlPath('2024-02')}.CHECKSUM`, '<html>')
    await expect(fetchMonths(['2024-02'], { of: published })).rejects.toThrow(
      /does not begin with a sha256/,
    )
    await expect(fetchMonths(['2024-03'], { of: published })).rejects.toThrow(/There is no file/)
  })

  it('of the first time must fit later: a file changed here is fetched again', async () => {
    put('2024-01')
    await fetchMonths(['2024-01'])
    writeFileSync(filePath('2024-01'), 'changed here')
    const [file] = await fetchMonths(['2024-01'])
    expect(file?.fetched).toBe(true)
    expect(readFileSync(filePath('2024-01'), 'utf8')).toBe(contentOf('2024-01'))
  })

  it('of the first time must fit later: a file changed there is not used', async () => {
    put('2024-01')
    await fetchMonths(['2024-01'])
    rmSync(filePath('2024-01'))
    put('2024-01', contentOf('new'))
    await expect(fetchMonths(['2024-01'])).rejects.toMatchObject({
      code: 'CHECKSUM_MISMATCH',
      message: expect.stringMatching(
        /is not the file it was on 20.*delete .*source\.json/,
      ) as string,
    })
    expect(existsSync(filePath('2024-01'))).toBe(false)
    rmSync(`${filePath('2024-01')}.source.json`)
    await fetchMonths(['2024-01'])
    expect(readFileSync(filePath('2024-01'), 'utf8')).toBe(contentOf('new'))
  })

  it('are taken of files that were brought by hand', async () => {
    put('2024-01')
    await fetchMonths(['2024-01'])
    server.files.clear()
    writeFileSync(filePath('2024-02'), 'brought')
    const files = await fetchMonths(['2024-01', '2024-02'])
    expect(files.map(({ fetched }) => fetched)).toEqual([false, false])
    writeFileSync(filePath('2024-02'), 'changed')
    await expect(fetchMonths(['2024-02'])).rejects.toThrow(/There is no file/)
  })
})
