import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Publishes touchpoints to Momentous: one JSON object a line on standard input, as in README.md.
 *
 * <p>What the contract (docs/publishing.md) asks of a publisher is marked 1 to 5.
 */
public final class Publish {
  private static final String BOOTSTRAP = setting("MOMENTOUS_KAFKA_BOOTSTRAP", "localhost:9092");
  private static final String TOPIC = setting("MOMENTOUS_TOPIC_PREFIX", "") + "touchpoints";
  private static final Path SCHEMAS = Path.of(setting("MOMENTOUS_SCHEMAS", "../../../schemas"));
  private static final String REGISTRY = setting("MOMENTOUS_SCHEMA_REGISTRY_URL", "mock://");
  private static final String NAME = "momentous.Touchpoint";
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final DateTimeFormatter RFC_3339 =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

  private final Schema schema;
  private final int schemaId;

  private Publish() throws IOException, InterruptedException {
    JsonNode newest = null;
    for (JsonNode one : JSON.readTree(SCHEMAS.resolve("ids.json").toFile())) {
      boolean ours = one.get("name").asText().equals(NAME);
      if (ours && (newest == null || one.get("version").asInt() > newest.get("version").asInt())) {
        newest = one;
      }
    }
    String text = Files.readString(SCHEMAS.resolve("avro").resolve(newest.get("file").asText()));
    schema = new Schema.Parser().parse(text);
    schemaId = REGISTRY.startsWith("mock://") ? newest.get("id").asInt() : registered(text);
  }

  public static void main(String[] arguments) throws Exception {
    System.exit(new Publish().run());
  }

  /** Publishes standard input; 0 when the broker has all of it, 1 when it refused some. */
  private int run() throws IOException {
    AtomicInteger refused = new AtomicInteger();
    Map<String, Object> config =
        Map.of(
            ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, BOOTSTRAP,
            // 1. nothing lost, nothing twice, nothing overtaken while the client tries again
            ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true,
            ProducerConfig.ACKS_CONFIG, "all",
            ProducerConfig.COMPRESSION_TYPE_CONFIG, "lz4");
    // 2. Java's partitioner is the one that Momentous expects: set no other
    try (var producer =
            new KafkaProducer<byte[], byte[]>(config, new ByteArraySerializer(), new ByteArraySerializer());
        var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        GenericRecord point = touchpoint(JSON.readTree(line));
        String eventId = point.get("event_id").toString();
        // 4. one order per customer
        String customer = point.get("customer_id").toString();
        var record = new ProducerRecord<>(TOPIC, bytes(customer), wireFormat(point));
        cloudEvent(point).forEach((name, value) -> record.headers().add(name, bytes(value)));
        // 5. a touchpoint is published when the broker has said so, and not before
        producer.send(
            record,
            (where, error) -> {
              if (error == null) {
                System.out.println(where.partition() + " " + where.offset() + " " + eventId);
              } else {
                refused.incrementAndGet();
                System.err.println("refused: " + eventId + ": " + error.getMessage());
              }
            });
      }
    } // closing waits for every answer
    return refused.get() == 0 ? 0 : 1;
  }

  /** A line as a record of the schema. */
  private GenericRecord touchpoint(JsonNode read) {
    GenericRecord point = new GenericData.Record(schema);
    point.put("event_id", required(read, "event_id")); // unique within its source: a repeat is a duplicate
    point.put("source", required(read, "source"));
    point.put("customer_id", required(read, "customer_id"));
    point.put("identified", read.path("identified").asBoolean(true));
    Schema channels = schema.getField("channel").schema();
    point.put("channel", new GenericData.EnumSymbol(channels, required(read, "channel")));
    point.put("type", required(read, "type"));
    Instant at = OffsetDateTime.parse(required(read, "occurred_at")).toInstant();
    point.put("occurred_at", at.toEpochMilli()); // ms UTC
    point.put("correlation_id", read.path("correlation_id").asText(null));
    point.put("session_id", read.path("session_id").asText(null));
    Map<String, Object> identities = new TreeMap<>();
    read.path("identities").properties().forEach(one -> identities.put(one.getKey(), one.getValue().asText()));
    point.put("identities", identities);
    Map<String, Object> properties = new TreeMap<>(); // keys sorted
    read.path("properties").properties().forEach(one -> properties.put(one.getKey(), property(one.getValue())));
    point.put("properties", properties);
    return point;
  }

  /** A value of a type that the schema's union has: null, boolean, long, double, string. */
  private static Object property(JsonNode value) {
    if (value.isNull()) {
      return null;
    }
    if (value.isBoolean()) {
      return value.booleanValue();
    }
    if (value.isIntegralNumber()) {
      return value.longValue();
    }
    return value.isNumber() ? (Object) value.doubleValue() : value.asText();
  }

  /** 3. Confluent's wire format: a zero byte, the schema id in four bytes, the Avro body. */
  private byte[] wireFormat(GenericRecord point) throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    DataOutputStream prefix = new DataOutputStream(body);
    prefix.writeByte(0);
    prefix.writeInt(schemaId);
    BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(body, null);
    new GenericDatumWriter<GenericRecord>(schema).write(point, encoder);
    return body.toByteArray();
  }

  /** CloudEvents 1.0 attributes, binary mode: copies for tools that route without decoding. */
  private static Map<String, String> cloudEvent(GenericRecord point) {
    Map<String, String> event = new LinkedHashMap<>();
    event.put("ce_specversion", "1.0");
    event.put("ce_type", "momentous.touchpoint");
    event.put("ce_source", point.get("source").toString());
    event.put("ce_id", point.get("event_id").toString());
    event.put("ce_time", RFC_3339.format(Instant.ofEpochMilli((Long) point.get("occurred_at"))));
    event.put("content-type", "application/avro");
    return event;
  }

  /** A registry gives ids of its own: it is asked for that of our text. The subject is the record's name. */
  private static int registered(String text) throws IOException, InterruptedException {
    String question = JSON.writeValueAsString(Map.of("schema", text));
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(REGISTRY + "/subjects/" + NAME))
            .header("Content-Type", "application/vnd.schemaregistry.v1+json")
            .timeout(Duration.ofSeconds(10))
            .POST(HttpRequest.BodyPublishers.ofString(question))
            .build();
    HttpResponse<String> answer =
        HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
    if (answer.statusCode() != 200) {
      throw new IOException("the schema registry answers " + answer.statusCode());
    }
    return JSON.readTree(answer.body()).get("id").asInt();
  }

  private static String required(JsonNode read, String name) {
    if (!read.hasNonNull(name)) {
      throw new IllegalArgumentException("a touchpoint without " + name);
    }
    return read.get(name).asText();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String setting(String name, String otherwise) {
    String value = System.getenv(name);
    return value == null || value.isEmpty() ? otherwise : value;
  }
}
