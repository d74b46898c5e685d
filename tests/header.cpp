// SPDX-License-Identifier: Apache-2.0
// Nothing: what compiles the header that the tests begin with.
