/** News sources and the model that scores their articles. */
import { z } from 'zod'
import { count, secret, setting, text } from './setting.ts'

export const NEWS_SETTINGS = {
  sentimentRecorded: setting(
    'SENTIMENT_RECORDED',
    z.enum(['use', 'rescore']),
    'use',
    'Articles that bring the recorded output of a named model: `use` it as it is, or `rescore` them by the model here.',
  ),
  sentimentModel: setting(
    'SENTIMENT_MODEL',
    z.enum(['auto', 'finbert', 'distilled']),
    'auto',
    'Which model scores articles: `finbert`, `distilled`, or `auto`: FinBERT if its files are there or its hub answers.',
  ),
  sentimentModelDir: setting(
    'SENTIMENT_MODEL_DIR',
    text,
    '',
    'Folder with the files of FinBERT as ONNX; empty: fetched once from the hub into `models` in the data directory.',
  ),
  sentimentModelId: setting(
    'SENTIMENT_MODEL_ID',
    z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*\/[A-Za-z0-9][A-Za-z0-9._-]*$/, 'is not OWNER/NAME'),
    'Xenova/finbert',
    'Repository of FinBERT as ONNX on the hub.',
  ),
  sentimentPrecision: setting(
    'SENTIMENT_PRECISION',
    z.enum(['int8', 'fp32']),
    'int8',
    'Which of the ONNX files of FinBERT is used; fp32 is the original, half as fast and four times the size.',
  ),
  sentimentHubUrl: setting(
    'SENTIMENT_HUB_URL',
    z.url(),
    'https://huggingface.co',
    'Where FinBERT is fetched from on first use.',
  ),
  sentimentThreads: setting(
    'SENTIMENT_THREADS',
    count(1, 64),
    '2',
    'Threads that score articles, each with a copy of the model. No score depends on it.',
  ),
  sentimentTimeoutMs: setting(
    'SENTIMENT_TIMEOUT_MS',
    count(100, 600_000),
    '30000',
    'Longest time one article may take in the sentiment model, in ms.',
  ),
  newsFeedsFile: setting(
    'NEWS_FEEDS_FILE',
    text,
    '',
    'JSON file of the feeds and GDELT queries to poll (docs/news-sources.md); empty: none.',
  ),
  newsPrivateHosts: setting(
    'NEWS_PRIVATE_HOSTS',
    z.string().regex(/^([^\s,/@]+:\d{1,5}(\s*,\s*|$))*$/, 'is not host:port,...'),
    '',
    'host:port,... of news sources that may be at addresses that are not public.',
  ),
  newsUserAgent: setting(
    'NEWS_USER_AGENT',
    z.string().regex(/^[\x20-\x7E]{1,200}$/),
    'Candlewire/0.1 (news reader)',
    'What news sources are told of who asks; add an address to write to.',
  ),
  gdeltUrl: setting(
    'GDELT_URL',
    z.url(),
    'https://api.gdeltproject.org/api/v2/doc/doc',
    'The GDELT DOC 2.0 API.',
  ),
  ingestToken: secret(
    'INGEST_TOKEN',
    text,
    '',
    'Bearer token that POST /api/news and the news simulator ask for; empty: they ask for none.',
  ),
} as const
