"""Between the sides: pools, batches decided as a whole, the books, the public record. It knows working ids alone."""
