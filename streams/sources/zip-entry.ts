/**
 * Where the one file of a zip archive lies, from its central directory (PKWARE APPNOTE 6.3, sections
 * 4.3.7, 4.3.12 and 4.3.16).
 *
 * Only the directory at the end is read, so an archive of any size costs some KiB, and one that is cut
 * off is recognised because it has none. What a market data archive is not is refused with its
 * reason: several files, encryption, zip64, other methods than deflate, or a size that unpacks to
 * hundreds of times the archive.
 */
import type { FileHandle } from 'node:fs/promises'

const END_SIGNATURE = 0x06054b50
const CENTRAL_SIGNATURE = 0x02014b50
const LOCAL_SIGNATURE = 0x04034b50
const END_BYTES = 22
const CENTRAL_BYTES = 46
const LOCAL_BYTES = 30
const COMMENT_BYTES_MAX = 65_535
/** Directories of archives with one file are below 1 KiB. */
const DIRECTORY_BYTES_MAX = 65_536
const [STORED, DEFLATED] = [0, 8]
/** Text of candles packs 4 to 20 times; up to this size nobody minds. */
const EXPANSION_MAX = 250
const EXPANSION_FREE_BYTES = 16 * 1024 * 1024

export interface ZipEntry {
  readonly name: string
  readonly isDeflated: boolean
  /** Where its data lies in the archive. */
  readonly from: number
  readonly packedBytes: number
  readonly bytes: number
  readonly crc32: number
}

/** @throws Error saying what the archive is that cannot be read */
export async function zipEntry(file: FileHandle): Promise<ZipEntry> {
  const { size } = await file.stat()
  const entries = await directory(file, size)
  const files = entries.filter(({ name }) => !name.endsWith('/') && !name.startsWith('__MACOSX/'))
  const [entry] = files
  if (entry === undefined || files.length !== 1)
    throw new Error(`the zip archive holds ${files.length} files, not one`)
  if (entry.isEncrypted) throw new Error('the zip archive is encrypted')
  if (entry.method !== STORED && entry.method !== DEFLATED)
    throw new Error(`the zip archive is packed by method ${entry.method}, which is not read`)
  if (entry.bytes > Math.max(EXPANSION_FREE_BYTES, entry.packedBytes * EXPANSION_MAX))
    throw new Error(
      `the zip archive unpacks ${entry.packedBytes} bytes to ${entry.bytes}: no market data does`,
    )
  const local = await readAt(file, entry.localAt, LOCAL_BYTES)
  if (local.readUInt32LE(0) !== LOCAL_SIGNATURE) throw new Error('the zip archive is damaged')
  const from = entry.localAt + LOCAL_BYTES + local.readUInt16LE(26) + local.readUInt16LE(28)
  if (from + entry.packedBytes > size) throw new Error('the zip archive is cut off')
  return { ...entry, isDeflated: entry.method === DEFLATED, from }
}

interface DirectoryEntry extends Pick<ZipEntry, 'name' | 'packedBytes' | 'bytes' | 'crc32'> {
  readonly isEncrypted: boolean
  readonly method: number
  readonly localAt: number
}

async function directory(file: FileHandle, size: number): Promise<DirectoryEntry[]> {
  const tailBytes = Math.min(size, END_BYTES + COMMENT_BYTES_MAX)
  const tail = await readAt(file, size - tailBytes, tailBytes)
  const end = endOf(tail)
  const [bytes, at] = [end.readUInt32LE(12), end.readUInt32LE(16)]
  if (bytes > DIRECTORY_BYTES_MAX || at + bytes > size)
    throw new Error('the zip archive is too large for this reader (zip64 or many files); unpack it')
  const central = await readAt(file, at, bytes)
  const entries: DirectoryEntry[] = []
  for (let offset = 0; offset + CENTRAL_BYTES <= central.length;) {
    if (central.readUInt32LE(offset) !== CENTRAL_SIGNATURE)
      throw new Error('the directory of the zip archive is damaged')
    const nameBytes = central.readUInt16LE(offset + 28)
    const nameFrom = offset + CENTRAL_BYTES
    entries.push({
      isEncrypted: (central.readUInt16LE(offset + 8) & 1) === 1,
      method: central.readUInt16LE(offset + 10),
      crc32: central.readUInt32LE(offset + 16),
      packedBytes: central.readUInt32LE(offset + 20),
      bytes: central.readUInt32LE(offset + 24),
      localAt: central.readUInt32LE(offset + 42),
      name: central.toString('utf8', nameFrom, nameFrom + nameBytes),
    })
    offset +=
      CENTRAL_BYTES +
      nameBytes +
      central.readUInt16LE(offset + 30) +
      central.readUInt16LE(offset + 32)
  }
  return entries
}

/** The end record; a comment behind it may hold its signature, so its length must fit as well. */
function endOf(tail: Buffer): Buffer {
  for (let at = tail.length - END_BYTES; at >= 0; at -= 1) {
    if (tail.readUInt32LE(at) !== END_SIGNATURE) continue
    if (tail.readUInt16LE(at + 20) === tail.length - at - END_BYTES) return tail.subarray(at)
  }
  throw new Error('the zip archive is cut off')
}

async function readAt(file: FileHandle, from: number, length: number): Promise<Buffer> {
  const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, from)
  if (bytesRead < length) throw new Error('the zip archive is cut off')
  return buffer
}
