//! Does nothing. What starting it costs is what any program costs: the measure of the benchmark, which compiles
//! this file by itself, linked statically where the platform can.

fn main() {}
