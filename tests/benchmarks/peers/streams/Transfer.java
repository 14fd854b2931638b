import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;

/** A transfer, as it is reported and as it is booked. */
record Transfer(String account, long number, String receiver, long amount) {

    private static final ObjectMapper JSON = new ObjectMapper();

    static Serde<Transfer> serde() {
        return Serdes.serdeFrom((topic, transfer) -> write(transfer), (topic, bytes) -> read(bytes));
    }

    private static byte[] write(Transfer transfer) {
        try {
            return JSON.writeValueAsBytes(transfer);
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    private static Transfer read(byte[] bytes) {
        try {
            return JSON.readValue(bytes, Transfer.class);
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }
}
