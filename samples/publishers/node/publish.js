// Publishes touchpoints to Momentous: one JSON object a line on standard input, as in README.md.
//
// What the contract (docs/publishing.md) asks of a publisher is marked 1 to 5.
'use strict'

const fs = require('node:fs')
const path = require('node:path')
const readline = require('node:readline')
const avro = require('avsc')
const { Kafka, Partitioners, logLevel } = require('kafkajs')

const BOOTSTRAP = process.env.MOMENTOUS_KAFKA_BOOTSTRAP || 'localhost:9092'
const TOPIC = (process.env.MOMENTOUS_TOPIC_PREFIX || '') + 'touchpoints'
const SCHEMAS = process.env.MOMENTOUS_SCHEMAS || path.join(__dirname, '..', '..', '..', 'schemas')
const REGISTRY = process.env.MOMENTOUS_SCHEMA_REGISTRY_URL || 'mock://'
const NAME = 'momentous.Touchpoint'
const AT_ONCE = 500

// The schema this program writes, and the id under which readers know it.
async function schema() {
  const ids = JSON.parse(fs.readFileSync(path.join(SCHEMAS, 'ids.json'), 'utf8'))
  const newest = ids.filter((one) => one.name === NAME).sort((a, b) => b.version - a.version)[0]
  const text = fs.readFileSync(path.join(SCHEMAS, 'avro', newest.file), 'utf8')
  if (REGISTRY.startsWith('mock://')) return { id: newest.id, text } // no registry is run: ids.json is the agreement
  // A registry gives ids of its own: ask it for that of our text. The subject is the record's name.
  const answer = await fetch(`${REGISTRY}/subjects/${NAME}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ schema: text }),
    signal: AbortSignal.timeout(10_000),
  })
  if (!answer.ok) throw new Error(`the schema registry answers ${answer.status}`)
  return { id: (await answer.json()).id, text }
}

// A value of `properties` with its branch of the union named: long and double are both numbers in
// JavaScript. A double without a fraction goes out as a long; conditions of rules see no difference.
function property(value) {
  if (value === null) return null
  if (typeof value === 'boolean') return { boolean: value }
  if (typeof value === 'string') return { string: value }
  return Number.isSafeInteger(value) ? { long: value } : { double: value }
}

// A line as a record of the schema.
function touchpoint(line) {
  const read = JSON.parse(line)
  const names = Object.keys(read.properties || {}).sort()
  return {
    event_id: read.event_id, // unique within its source: a repeat is dropped as a duplicate
    source: read.source,
    customer_id: read.customer_id,
    identified: read.identified ?? true,
    channel: read.channel,
    type: read.type,
    occurred_at: Date.parse(read.occurred_at), // ms UTC
    correlation_id: read.correlation_id ?? null,
    session_id: read.session_id ?? null,
    identities: read.identities || {},
    properties: Object.fromEntries(names.map((name) => [name, property(read.properties[name])])),
  }
}

// CloudEvents 1.0 attributes, binary mode: copies for tools that route without decoding.
function cloudEvent(point) {
  return {
    ce_specversion: '1.0',
    ce_type: 'momentous.touchpoint',
    ce_source: point.source,
    ce_id: point.event_id,
    ce_time: new Date(point.occurred_at).toISOString(),
    'content-type': 'application/avro',
  }
}

async function main() {
  const { id, text } = await schema()
  const type = avro.Type.forSchema(JSON.parse(text))
  const prefix = Buffer.alloc(5)
  prefix.writeUInt32BE(id, 1)
  const kafka = new Kafka({ clientId: 'publisher', brokers: BOOTSTRAP.split(','), logLevel: logLevel.WARN })
  const producer = kafka.producer({
    // 1. nothing lost, nothing twice, nothing overtaken while the client tries again; acks: -1 (all) goes with it
    idempotent: true,
    maxInFlightRequests: 1,
    // 2. Java's partitioner: kafkajs's default since its version 2; its LegacyPartitioner is another one
    createPartitioner: Partitioners.DefaultPartitioner,
  })
  await producer.connect()
  let waiting = []
  const send = async () => {
    const messages = waiting.map((point) => ({
      key: point.customer_id, // 4. one order per customer
      // 3. Confluent's wire format: a zero byte, the schema id in four bytes, the Avro body
      value: Buffer.concat([prefix, type.toBuffer(point)]),
      headers: cloudEvent(point),
    }))
    // 5. a touchpoint is published when the broker has said so: send throws if it does not
    const settled = await producer.send({ topic: TOPIC, acks: -1, messages })
    for (const { partition, baseOffset } of settled) console.log(partition, baseOffset)
    waiting = []
  }
  for await (const line of readline.createInterface({ input: process.stdin })) {
    waiting.push(touchpoint(line))
    if (waiting.length === AT_ONCE) await send()
  }
  if (waiting.length) await send()
  await producer.disconnect()
}

main().catch((error) => {
  console.error(`not published: ${error.message}; what had no answer may be published again`)
  process.exit(1)
})
