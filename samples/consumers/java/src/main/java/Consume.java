import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.FileOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.DecoderFactory;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Carries out outreach triggers: prints each as one JSON line where an outreach system would send.
 *
 * <p>What the contract (docs/consuming-triggers.md) asks of a consumer is marked 1 to 8.
 */
public final class Consume {
  private static final String BOOTSTRAP = setting("MOMENTOUS_KAFKA_BOOTSTRAP", "localhost:9092");
  private static final String TOPIC = setting("MOMENTOUS_TOPIC_PREFIX", "") + "outreach.triggers";
  private static final String GROUP = setting("MOMENTOUS_GROUP", "outreach-sample");
  private static final Path SCHEMAS = Path.of(setting("MOMENTOUS_SCHEMAS", "../../../schemas"));
  private static final String REGISTRY = setting("MOMENTOUS_SCHEMA_REGISTRY_URL", "mock://");
  private static final Path HANDLED = Path.of(setting("MOMENTOUS_HANDLED", "handled.tsv"));
  private static final List<String> TOLD =
      List.of("trigger_id", "customer_id", "action", "channel", "template", "emotion");
  private static final long CANCELLED_FOR_MS = Duration.ofDays(31).toMillis();
  private static final ObjectMapper JSON = new ObjectMapper();

  /** The schema this program knows. */
  private final Schema ours =
      new Schema.Parser().parse(Files.readString(SCHEMAS.resolve("avro/Trigger.v1.avsc")));

  private final Map<Integer, GenericDatumReader<GenericRecord>> readers = new HashMap<>();
  private final Handled handled = new Handled(HANDLED);

  private Consume() throws IOException {}

  public static void main(String[] arguments) throws Exception {
    new Consume().run();
  }

  /** Carries out triggers until SIGTERM or Ctrl-C. */
  private void run() throws Exception {
    Map<String, Object> config =
        Map.of(
            ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, BOOTSTRAP,
            ConsumerConfig.GROUP_ID_CONFIG, GROUP,
            ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest",
            // 1. What a failed worker wrote and took back is not read. Java's default is the other
            //    one, read_uncommitted: without this line people are contacted who should not be.
            ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed",
            ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    var consumer = new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    Thread main = Thread.currentThread();
    Thread stop =
        new Thread(
            () -> {
              consumer.wakeup();
              try {
                main.join();
              } catch (InterruptedException error) {
                Thread.currentThread().interrupt();
              }
            });
    Runtime.getRuntime().addShutdownHook(stop);
    try (consumer) {
      consumer.subscribe(List.of(TOPIC));
      while (true) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofSeconds(1))) {
          handle(decode(record.value())); // 7. one after the other, in the partition's order
          // 6. only now: a crash before this brings it again, and 4. stops it
          var partition = new TopicPartition(record.topic(), record.partition());
          consumer.commitSync(Map.of(partition, new OffsetAndMetadata(record.offset() + 1)));
        }
      }
    } catch (WakeupException stopped) {
      // told to end; what was not committed comes again
    }
  }

  /** Does what a record asks for, at most once. */
  private void handle(GenericRecord trigger) throws IOException {
    String id = trigger.get("trigger_id").toString();
    if (trigger.getSchema().getName().equals("Cancellation")) {
      // 8. nothing to stop here, where carrying out ends at once; but the trigger must not begin any more
      handled.add(id, (Long) trigger.get("cancelled_at") + CANCELLED_FOR_MS);
      return;
    }
    long ends = Math.min((Long) trigger.get("expires_at"), (Long) trigger.get("deliver_until"));
    // 3. too late is worse than not at all;  4. the same one may come twice
    if (System.currentTimeMillis() >= ends || handled.contains(id)) {
      return;
    }
    if (!(Boolean) trigger.get("sandbox")) { // 5. a rehearsal reaches nobody
      carryOut(trigger);
    }
    handled.add(id, ends);
  }

  /** Where an outreach system sends. Give trigger_id to it as the idempotency key, if it takes one. */
  private static void carryOut(GenericRecord trigger) throws IOException {
    Map<String, Object> told = new LinkedHashMap<>();
    TOLD.forEach(name -> told.put(name, trigger.get(name).toString()));
    Map<String, Object> context = new LinkedHashMap<>();
    ((Map<?, ?>) trigger.get("context"))
        .forEach((name, value) -> context.put(name.toString(), value instanceof CharSequence ? value.toString() : value));
    told.put("context", context);
    System.out.write(JSON.writeValueAsBytes(told));
    System.out.println();
  }

  /** A trigger or a cancellation; throws for other bytes: to skip them would lose a contact unseen. */
  private GenericRecord decode(byte[] value) throws IOException, InterruptedException {
    ByteBuffer prefix = ByteBuffer.wrap(value);
    if (prefix.get() != 0) {
      throw new IOException("not Confluent's wire format");
    }
    int schemaId = prefix.getInt();
    // 2. fields that we do not know are passed over, values of enums become "unknown"
    GenericDatumReader<GenericRecord> reader = readers.get(schemaId);
    if (reader == null) {
      Schema written = new Schema.Parser().parse(writtenWith(schemaId));
      boolean isTrigger = written.getName().equals(ours.getName());
      reader = new GenericDatumReader<>(written, isTrigger ? ours : written);
      readers.put(schemaId, reader);
    }
    return reader.read(null, DecoderFactory.get().binaryDecoder(value, 5, value.length - 5, null));
  }

  /** The schema with which a record was written, which may be newer than ours. */
  private static String writtenWith(int schemaId) throws IOException, InterruptedException {
    if (REGISTRY.startsWith("mock://")) { // no registry is run: ids.json is the agreement
      for (JsonNode one : JSON.readTree(SCHEMAS.resolve("ids.json").toFile())) {
        if (one.get("id").asInt() == schemaId) {
          return Files.readString(SCHEMAS.resolve("avro").resolve(one.get("file").asText()));
        }
      }
      throw new IOException("schema id " + schemaId + " is not in ids.json");
    }
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(REGISTRY + "/schemas/ids/" + schemaId))
            .timeout(Duration.ofSeconds(10))
            .build();
    HttpResponse<String> answer =
        HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
    if (answer.statusCode() != 200) {
      throw new IOException("the schema registry answers " + answer.statusCode() + " for id " + schemaId);
    }
    return JSON.readTree(answer.body()).get("schema").asText();
  }

  private static String setting(String name, String otherwise) {
    String value = System.getenv(name);
    return value == null || value.isEmpty() ? otherwise : value;
  }

  /**
   * The triggers carried out, over restarts; an expired one is not needed any more.
   *
   * <p>A file serves one process. With several, partitions move between them: keep the ids where all
   * see them, best as a unique key of the store in which the sending itself is recorded.
   */
  private static final class Handled {
    private final Set<String> ids = new HashSet<>();
    private final FileOutputStream file;

    Handled(Path path) throws IOException {
      for (String line : Files.exists(path) ? Files.readAllLines(path) : List.<String>of()) {
        String[] row = line.split("\t");
        if (row.length == 2 && Long.parseLong(row[1]) > System.currentTimeMillis()) {
          ids.add(row[0]);
        }
      }
      file = new FileOutputStream(path.toFile(), true);
    }

    boolean contains(String id) {
      return ids.contains(id);
    }

    /** Remembers it for good. */
    void add(String id, long expiresAt) throws IOException {
      ids.add(id);
      file.write((id + "\t" + expiresAt + "\n").getBytes(StandardCharsets.UTF_8));
      file.getFD().sync();
    }
  }
}
