/** Quality and alerts for tests of the HTTP side: whatever a test puts in. */
import { AlertHistory } from '../../processors/alerts/alert-history.ts'
import { QualityBoard } from '../../serving/live/quality-board.ts'

export const testMonitor = () => ({ quality: new QualityBoard(), alerts: new AlertHistory() })
