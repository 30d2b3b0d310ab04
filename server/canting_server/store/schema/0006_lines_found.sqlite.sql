-- Lines of few hits are found by what they are of, or what they came to.

CREATE INDEX line_of_item ON line (item);
CREATE INDEX line_of_amount ON line (amount);
