// SPDX-License-Identifier: Apache-2.0
#include "import/calibrate.h"

namespace llmz::importer {

const std::string_view kCalibrationText =
    R"(The harbour had been closed for three days when the first of the fishing boats came back. Nobody on the quay
could say where it had been, and the two men on board did not seem to want to explain. "We waited," the older one
said, "and then we stopped waiting." He tied the rope with great care, looked up at the grey houses, and asked
whether the bakery was open.

Machine translation, image recognition and speech synthesis are all trained in much the same way today: a network
with many parameters is shown examples, its errors are measured, and every parameter is moved a little in the
direction that would have made the error smaller. In 2019 a typical model had 100 million parameters; four years
later the largest had more than 500 billion. The price of electricity, about $0.12 per kilowatt-hour, became part
of the discussion.

Dear Mrs. Hollis,
Thank you for your letter of 14 March. I am sorry to hear that the second delivery was incomplete as well. We will
send the missing parts (12 screws, 2 brackets and 1 hinge) at our own cost, and you should have them by Friday.
Yours sincerely,
J. Okafor

    The wind went looking through the wood
    for something it had lost;
    it turned each leaf, as wind well could,
    and found a little frost.

import sys

def count_words(path, minimum=3):
    """Counts the words of a file that have at least `minimum` letters."""
    counts = {}
    with open(path) as f:
        for line in f:
            for word in line.lower().split():
                if len(word) >= minimum:
                    counts[word] = counts.get(word, 0) + 1
    return sorted(counts.items(), key=lambda item: -item[1])

for (int i = 0; i < n; ++i) {
  if (a[i] != b[i]) return false;  // differs
}

{"id": 4711, "name": "pump", "tags": ["water", "spare"], "price": 19.95, "stock": null}
2021-11-03 08:15:27 INFO  server started on port 8080
2021-11-03 08:15:31 WARN  connection from 192.168.0.17 timed out after 3000 ms

== Geography ==
The river rises in the north-east of the province, at a height of 1,240 metres, and flows for 86 km through three
valleys before it reaches the lake. Its largest tributary is the Sorn. The area has been protected since 1978.

* butter, 200 g
* sugar, 150 g
* 3 eggs

Le chat dort sur la chaise, et personne n'ose le d)"
    "\xc3\xa9"
    R"(ranger. Der Zug nach M)"
    "\xc3\xbc"
    R"(nchen f)"
    "\xc3\xa4"
    R"(hrt heute nicht. El tren sale a las cinco y media.
)";

}  // namespace llmz::importer
