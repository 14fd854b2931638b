import java.time.Duration;
import java.util.Properties;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.state.KeyValueBytesStoreSupplier;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/** The ledger on Kafka Streams: BOOTSTRAP PREFIX rocksdb|memory THREADS COMMIT_MILLISECONDS FOLDER. */
public final class LedgerStreams {

    private LedgerStreams() {}

    public static void main(String[] arguments) throws InterruptedException {
        String prefix = arguments[1];
        Properties settings = new Properties();
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, arguments[0]);
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, prefix + "streams");
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, arguments[3]);
        settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, arguments[4]);
        settings.put(StreamsConfig.STATE_DIR_CONFIG, arguments[5]);

        KafkaStreams streams = new KafkaStreams(topology(prefix, arguments[2].equals("memory")), settings);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> streams.close(Duration.ofSeconds(5))));
        streams.start();
        Thread.currentThread().join();
    }

    static Topology topology(String prefix, boolean memory) {
        Serdes.StringSerde text = new Serdes.StringSerde();
        return new Topology()
            .addSource("reported", text.deserializer(), Transfer.serde().deserializer(), prefix + "ledger-intake")
            .addProcessor("book", Booking::new, "reported")
            .addStateStore(store(Booking.SEEN, memory), "book")
            .addStateStore(store(Booking.BALANCES, memory).withCachingEnabled(), "book")
            .addSink("booked", prefix + "ledger-books", text.serializer(), Transfer.serde().serializer(), "book");
    }

    private static StoreBuilder<KeyValueStore<String, Long>> store(String name, boolean memory) {
        KeyValueBytesStoreSupplier supplier =
            memory ? Stores.inMemoryKeyValueStore(name) : Stores.persistentKeyValueStore(name);
        return Stores.keyValueStoreBuilder(supplier, Serdes.String(), Serdes.Long());
    }
}
