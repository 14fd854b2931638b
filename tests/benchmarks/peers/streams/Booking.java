import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;

/** Books a transfer once: drops what was seen before, moves two balances, announces. */
final class Booking implements Processor<String, Transfer, String, Transfer> {

    static final String SEEN = "seen";
    static final String BALANCES = "balances";

    private static final AtomicBoolean BEGUN = new AtomicBoolean();

    private ProcessorContext<String, Transfer> context;
    private KeyValueStore<String, Long> seen;
    private KeyValueStore<String, Long> balances;

    @Override
    public void init(ProcessorContext<String, Transfer> context) {
        this.context = context;
        seen = context.getStateStore(SEEN);
        balances = context.getStateStore(BALANCES);
    }

    @Override
    public void process(Record<String, Transfer> reported) {
        sayWhenFirst();
        String source = text(reported, "ce_source");
        String id = text(reported, "ce_id");
        if (seen.putIfAbsent(source + " " + id, reported.timestamp()) != null) {
            return;
        }
        Transfer transfer = reported.value();
        add(transfer.account(), -transfer.amount());
        add(transfer.receiver(), transfer.amount());
        context.forward(reported.withHeaders(announcement(reported, source, id)));
    }

    private void add(String account, long amount) {
        Long balance = balances.get(account);
        balances.put(account, balance == null ? amount : balance + amount);
    }

    private static Headers announcement(Record<String, Transfer> reported, String source, String id) {
        UUID own = UUID.nameUUIDFromBytes((source + " " + id).getBytes(UTF_8));
        return new RecordHeaders()
            .add("ce_specversion", "1.0".getBytes(UTF_8))
            .add("ce_id", own.toString().getBytes(UTF_8))
            .add("ce_source", "//b40/ledger".getBytes(UTF_8))
            .add("ce_type", "org.b40.ledger.transfer.booked.v1".getBytes(UTF_8))
            .add("content-type", "application/json".getBytes(UTF_8))
            .add("ce_time", reported.headers().lastHeader("ce_time").value())
            .add("ce_subject", reported.key().getBytes(UTF_8))
            .add("ce_correlationid", id.getBytes(UTF_8))
            .add("ce_causationid", id.getBytes(UTF_8));
    }

    private static String text(Record<String, Transfer> record, String header) {
        return new String(record.headers().lastHeader(header).value(), UTF_8);
    }

    private static void sayWhenFirst() {
        if (!BEGUN.get() && BEGUN.compareAndSet(false, true)) {
            System.out.println("taking " + System.nanoTime());
        }
    }
}
