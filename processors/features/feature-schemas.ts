/** The Avro schemas that list every feature by name; generated, so registry and wire cannot differ. */
import { EVERYTHING, kindOf } from './feature-sets.ts'

const NAMESPACE = 'candlewire'
const time = { type: 'long', logicalType: 'timestamp-millis' }
const AVRO_TYPES = { number: 'double', time, text: 'string' } as const

const lineage = {
  name: 'lineage',
  type: {
    type: 'array',
    items: {
      type: 'record',
      name: 'Lineage',
      namespace: NAMESPACE,
      doc: 'Input offsets a derived record was made from.',
      fields: [
        { name: 'topic', type: 'string', doc: 'Input topic. Unit: none. Source: the runtime.' },
        { name: 'partition', type: 'int', doc: 'Input partition. Unit: none. Source: the broker.' },
        {
          name: 'fromOffset',
          type: 'long',
          doc: 'First input offset, inclusive. Unit: records. Source: the broker.',
        },
        {
          name: 'toOffset',
          type: 'long',
          doc: 'Last input offset, inclusive. Unit: records. Source: the broker.',
        },
      ],
    },
  },
  doc: 'Input offsets this record was made from. Unit: records. Source: the runtime.',
}

const values = {
  name: 'values',
  type: {
    type: 'record',
    name: 'FeatureValues',
    namespace: NAMESPACE,
    doc: 'One field per feature; null until warm and where its formula has no value.',
    fields: EVERYTHING.features.map((name) => ({
      name,
      type: ['null', AVRO_TYPES[kindOf(name)]],
      doc: `Feature ${name}; unit and formula source: docs/features.md.`,
      default: null,
    })),
  },
  doc: 'The features. Unit: see docs/features.md. Source: the features processor.',
}

const head = [
  { name: 'instrument', type: 'string', doc: 'Instrument name. Unit: none. Source: candles.v1.' },
  {
    name: 'openTimeMs',
    type: time,
    doc: 'Start of the one-minute bar, UTC. Unit: ms. Source: the gap-filled grid.',
  },
  {
    name: 'eventTimeMs',
    type: time,
    doc: 'Close of the bar: from here on the vector exists. Unit: ms. Source: the gap-filled grid.',
  },
  {
    name: 'close',
    type: 'double',
    doc: 'Close of the bar. Unit: price. Source: the gap-filled grid.',
  },
  {
    name: 'featureSet',
    type: 'string',
    doc: 'Name of the feature set computed. Unit: none. Source: the feature registry.',
  },
  {
    name: 'featureSetFingerprint',
    type: 'string',
    doc: 'Fingerprint of that set. Unit: hex sha256. Source: the feature registry.',
  },
  {
    name: 'recentReturns',
    type: { type: 'array', items: ['null', 'double'] },
    doc: 'The seven newest one-minute simple returns, newest first; null before they exist. Unit: fraction. Source: the features processor.',
  },
]

/** @returns schema file name to schema. */
export function featureSchemas(): Record<string, object> {
  return {
    'features.avsc': {
      type: 'record',
      name: 'Features',
      namespace: NAMESPACE,
      doc: 'The feature vector of one bar of the gap-filled grid.',
      fields: [...head, values, lineage],
    },
    'example.avsc': {
      type: 'record',
      name: 'Example',
      namespace: NAMESPACE,
      doc: 'A feature vector with what came after it: one training example.',
      fields: [
        ...head,
        values,
        {
          name: 'forwardReturn30',
          type: ['null', 'double'],
          doc: '100 * (close 30 bars later / close - 1); null if that bar is not on the grid. Unit: percent. Source: the labels processor.',
          default: null,
        },
        {
          name: 'labelTimeMs',
          type: time,
          doc: 'Close of the bar that forwardReturn30 is taken from: before it that label did not exist. Unit: ms. Source: the labels processor.',
        },
        {
          name: 'forwardReturn60',
          type: ['null', 'double'],
          doc: '100 * (close 60 bars later / close - 1); null if that bar is not on the grid. Unit: percent. Source: the labels processor.',
          default: null,
        },
        {
          name: 'label60TimeMs',
          type: ['null', time],
          doc: 'Close of the bar that forwardReturn60 is taken from; null without that label. Unit: ms. Source: the labels processor.',
          default: null,
        },
        lineage,
      ],
    },
  }
}
