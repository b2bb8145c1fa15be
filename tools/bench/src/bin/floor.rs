//! Does nothing. Starting it costs what starting any program costs, which is the baseline of the benchmark. The
//! benchmark compiles this file separately, linked statically where the platform can.

fn main() {}
