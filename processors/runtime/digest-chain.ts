/**
 * A rolling digest of what a processor has published: a chain of SHA-256 over the records of one
 * topic and partition in order.
 *
 *   digest(0) = 32 zero bytes;  digest(n) = SHA-256(digest(n - 1) followed by the value of record n)
 *
 * It stands in the metadata of the committed input offset, so it changes in the very transaction that
 * publishes the records, and any Kafka client reads it at any time. Who has the records of the topic,
 * or makes them again from their inputs, computes the same digest: one that differs names the first
 * offset from which it does. It does not depend on where transactions end.
 */
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'

const DIGEST_BYTES = 32
const LONGEST_FIRST = 4_096
const FORMAT = 'sha256-chain/1'
const NOTED = /^sha256-chain\/1 topic=(\S+) from=(\d+) records=(\d+) digest=([0-9a-f]{64})$/

export class DigestChain {
  /** First input offset whose outputs are in it. */
  readonly from: number
  /** Topic whose records are chained. */
  readonly topic: string
  /** Records chained. */
  records = 0
  /** The digest in front, then room for a value: what is hashed lies in one piece. */
  private bytes = Buffer.alloc(DIGEST_BYTES + LONGEST_FIRST)

  constructor(topic: string, from: number) {
    this.topic = topic
    this.from = from
  }

  /** Takes the value of the next record. */
  add(value: Uint8Array): void {
    const end = DIGEST_BYTES + value.length
    if (end > this.bytes.length) {
      const longer = Buffer.alloc(end * 2)
      this.bytes.copy(longer, 0, 0, DIGEST_BYTES)
      this.bytes = longer
    }
    this.bytes.set(value, DIGEST_BYTES)
    // As latin1 text it costs half of what a Buffer of 32 bytes does.
    this.bytes.write(hash('sha256', this.bytes.subarray(0, end), 'binary'), 0, 'latin1')
    this.records += 1
  }

  /** Of all records so far, hex. */
  get digest(): string {
    return this.bytes.toString('hex', 0, DIGEST_BYTES)
  }

  /** Another one that goes on from here. */
  fork(): DigestChain {
    const fork = new DigestChain(this.topic, this.from)
    fork.records = this.records
    this.bytes.copy(fork.bytes, 0, 0, DIGEST_BYTES)
    return fork
  }

  /** For the metadata of a committed offset. */
  noted(): string {
    const { topic, from, records, digest } = this
    return `${FORMAT} topic=${topic} from=${from} records=${records} digest=${digest}`
  }

  /** @returns the chain that a committed offset notes; undefined where it notes none. */
  static read(metadata: string | null | undefined): DigestChain | undefined {
    const [, topic, from, records, digest] = NOTED.exec(metadata ?? '') ?? []
    if (topic === undefined || digest === undefined) return undefined
    const chain = new DigestChain(topic, Number(from))
    chain.records = Number(records)
    assert.equal(chain.bytes.write(digest, 0, 'hex'), DIGEST_BYTES)
    return chain
  }
}
