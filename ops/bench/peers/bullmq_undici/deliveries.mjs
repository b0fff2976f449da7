// Webhooks with BullMQ and undici: one job per delivery, one pool of connections per process.
import { createHmac } from 'node:crypto'
import { Queue, Worker } from 'bullmq'
import { Agent, request } from 'undici'

const server = new URL(process.env.BENCH_BROKER_URL)
const connection = { host: server.hostname, port: Number(server.port) }
const endpoint = process.env.BENCH_ENDPOINT
const key = Buffer.from(process.env.BENCH_SECRET.replace('whsec_', ''), 'base64')

export const QUEUE = 'deliveries'

export function queue () {
  return new Queue(QUEUE, {
    connection,
    defaultJobOptions: { attempts: 14, backoff: { type: 'exponential', delay: 5000 }, removeOnComplete: true }
  })
}

// Sign as Standard Webhooks 1.0 says.
export function signature (messageId, timestamp, body) {
  return 'v1,' + createHmac('sha256', key).update(`${messageId}.${timestamp}.${body}`).digest('base64')
}

export function worker (concurrency) {
  const dispatcher = new Agent({ connections: concurrency, headersTimeout: 15000, bodyTimeout: 15000 })

  async function deliver (job) {
    const { type, occurred_at: occurredAt, ...data } = job.data
    const body = JSON.stringify({ type, timestamp: occurredAt, data })
    const timestamp = String(Math.floor(Date.now() / 1000))
    const { statusCode, body: answer } = await request(endpoint, {
      method: 'POST',
      dispatcher,
      body,
      headers: {
        'content-type': 'application/json',
        'webhook-id': data.id,
        'webhook-timestamp': timestamp,
        'webhook-signature': signature(data.id, timestamp, body)
      }
    })
    await answer.dump()
    if (statusCode >= 300) throw new Error(`answered ${statusCode}`)
  }

  return new Worker(QUEUE, deliver, { connection, concurrency })
}
