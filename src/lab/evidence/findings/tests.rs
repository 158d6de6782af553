//! Tests of the findings on handmade captures.
