/** The channels that the settings name. */
import type { Config } from '../../../streams/config.ts'
import type { Channel } from './channel.ts'
import { emailChannel } from './email-channel.ts'
import { slackChannel } from './slack-channel.ts'
import { webhookChannel } from './webhook-channel.ts'

/** @throws CandlewireError CONFIG_INVALID */
export const configuredChannels = (config: Config): readonly Channel[] =>
  [emailChannel(config), slackChannel(config), webhookChannel(config)].filter(
    (channel) => channel !== undefined,
  )
