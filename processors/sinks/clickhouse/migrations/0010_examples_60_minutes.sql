-- The label of the second horizon, beside that of 30 minutes; NULL in rows stored before it.

ALTER TABLE examples ADD COLUMN IF NOT EXISTS
  forward_return_60 Nullable(Float64) COMMENT 'Return over the next 60 bars, in percent; NULL if that bar is not on the grid. Source: the labels processor';

ALTER TABLE examples ADD COLUMN IF NOT EXISTS
  label_60_time Nullable(DateTime64(3, 'UTC')) COMMENT 'Close of the bar that label is taken from; NULL without it. Source: the labels processor';
