// Carries out outreach triggers: prints each as one JSON line where an outreach system would send.
//
// What the contract (docs/consuming-triggers.md) asks of a consumer is marked 1 to 8.
'use strict'

const fs = require('node:fs')
const path = require('node:path')
const avro = require('avsc')
const lz4 = require('lz4-napi')
const { CompressionCodecs, CompressionTypes, Kafka, logLevel } = require('kafkajs')

const BOOTSTRAP = process.env.MOMENTOUS_KAFKA_BOOTSTRAP || 'localhost:9092'
const TOPIC = (process.env.MOMENTOUS_TOPIC_PREFIX || '') + 'outreach.triggers'
const GROUP = process.env.MOMENTOUS_GROUP || 'outreach-sample'
const SCHEMAS = process.env.MOMENTOUS_SCHEMAS || path.join(__dirname, '..', '..', '..', 'schemas')
const REGISTRY = process.env.MOMENTOUS_SCHEMA_REGISTRY_URL || 'mock://'
const HANDLED = process.env.MOMENTOUS_HANDLED || 'handled.tsv'

// Momentous compresses with lz4, which kafkajs cannot read by itself.
CompressionCodecs[CompressionTypes.LZ4] = () => ({
  compress: (encoder) => lz4.compressFrame(encoder.buffer),
  decompress: (buffer) => lz4.decompressFrame(buffer),
})

// The triggers carried out, over restarts; an expired one is not needed any more.
//
// A file serves one process. With several, partitions move between them: keep the ids where all see
// them, best as a unique key of the store in which the sending itself is recorded.
class Handled {
  constructor(file) {
    const lines = fs.existsSync(file) ? fs.readFileSync(file, 'utf8').split('\n') : []
    const rows = lines.map((line) => line.split('\t')).filter((row) => row.length === 2)
    this.ids = new Set(rows.filter(([, expiresAt]) => Number(expiresAt) > Date.now()).map(([id]) => id))
    this.file = fs.openSync(file, 'a')
  }

  has(id) {
    return this.ids.has(id)
  }

  // Remember it for good.
  add(id, expiresAt) {
    this.ids.add(id)
    fs.writeSync(this.file, `${id}\t${expiresAt}\n`)
    fs.fsyncSync(this.file)
  }
}

const files = () => JSON.parse(fs.readFileSync(path.join(SCHEMAS, 'ids.json'), 'utf8'))
const read = (file) => JSON.parse(fs.readFileSync(path.join(SCHEMAS, 'avro', file), 'utf8'))

// The schema with which a record was written, which may be newer than ours.
async function writtenWith(id) {
  if (REGISTRY.startsWith('mock://')) {
    const known = files().find((one) => one.id === id)
    if (!known) throw new Error(`schema id ${id} is not in ids.json`)
    return avro.Type.forSchema(read(known.file))
  }
  const answer = await fetch(`${REGISTRY}/schemas/ids/${id}`, { signal: AbortSignal.timeout(10_000) })
  if (!answer.ok) throw new Error(`the schema registry answers ${answer.status} for id ${id}`)
  return avro.Type.forSchema(JSON.parse((await answer.json()).schema))
}

const ours = avro.Type.forSchema(read('Trigger.v1.avsc')) // the schema this program knows
const cancellation = avro.Type.forSchema(read('Cancellation.v1.avsc'))
const CANCELLED_FOR_MS = 31 * 86_400_000
const resolvers = new Map()

// A trigger or a cancellation; throws for other bytes, since to skip them would lose a contact unseen.
async function decode(value) {
  if (value.length < 5 || value[0] !== 0) throw new Error("not Confluent's wire format")
  const id = value.readUInt32BE(1)
  // 2. fields that we do not know are passed over, values of enums become "unknown"
  if (!resolvers.has(id)) {
    const written = await writtenWith(id)
    const type = written.name === 'momentous.Cancellation' ? cancellation : ours
    resolvers.set(id, { type, resolver: type.createResolver(written) })
  }
  const { type, resolver } = resolvers.get(id)
  return type.fromBuffer(value.subarray(5), resolver)
}

// Where an outreach system sends. Give trigger_id to it as the idempotency key, if it takes one.
function carryOut(trigger) {
  const { trigger_id, customer_id, action, channel, template, emotion } = trigger
  // avsc names the branch of a union, {"string": "sales"}: take the value out
  const facts = Object.entries(trigger.context).map(([name, value]) => [name, value && Object.values(value)[0]])
  const context = Object.fromEntries(facts)
  console.log(JSON.stringify({ trigger_id, customer_id, action, channel, template, emotion, context }))
}

// Does what a record asks for, at most once.
function handle(record, handled) {
  if (record.cancelled_at !== undefined) {
    // 8. nothing to stop here, where carrying out ends at once; but the trigger must not begin any more
    handled.add(record.trigger_id, record.cancelled_at + CANCELLED_FOR_MS)
    return
  }
  const ends = Math.min(record.expires_at, record.deliver_until)
  // 3. too late is worse than not at all;  4. the same one may come twice
  if (Date.now() < ends && !handled.has(record.trigger_id)) {
    if (!record.sandbox) carryOut(record) // 5. a rehearsal reaches nobody
    handled.add(record.trigger_id, ends)
  }
}

async function main() {
  const handled = new Handled(HANDLED)
  const kafka = new Kafka({ clientId: 'triggers', brokers: BOOTSTRAP.split(','), logLevel: logLevel.WARN })
  const consumer = kafka.consumer({
    groupId: GROUP,
    // 1. What a failed worker wrote and took back is not read. kafkajs does so by default, Java's
    //    consumer does not: there it must be said.
    readUncommitted: false,
  })
  const stop = () => consumer.disconnect().then(() => process.exit(0))
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  // kafkajs tries again what it can; on the rest end, so that whoever watches us starts us again
  consumer.on(consumer.events.CRASH, ({ payload }) => payload.restart || process.exit(1))
  await consumer.connect()
  await consumer.subscribe({ topics: [TOPIC], fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ topic, partition, message }) => {
      handle(await decode(message.value), handled) // 7. one after the other, in the partition's order
      // 6. only now: a crash before this brings it again, and 4. stops it
      await consumer.commitOffsets([{ topic, partition, offset: String(BigInt(message.offset) + 1n) }])
    },
  })
}

main().catch((error) => {
  console.error(error.message)
  process.exit(1)
})
