"""The oracle: best responses by offline RL, and the neural policies that come of it.

config.py      the settings, each with its meaning and its checks
data.py        shards into flat arrays in memory
schedule.py    which decisions are in which batch
models/        actor and critic, built from an ObservationSpec
returns.py     what the critic is regressed on
losses.py      the critic's and the actor's loss
passes.py      what a network says of every decision of a data set
module.py      the Lightning module: one step of training
curve.py       the training curve
checkpoints.py a training on its way, and candidates that wait for its end
trainer.py     Lightning, set up so that a killed training goes on with the same bits
tasks.py       what every training does with its task: reads the data, names the work, tells where candidates came from
training.py    one training: from shards to candidates
device.py      where tensors are computed
weights.py     policy.json and weights.safetensors
acting/        the networks as they are played on a CPU, folded
policy.py      a trained network as a policy
offline.py     OfflineOracle: game's Oracle, put together from the above
metamon/       metamon's agents as policies
amago/         AmagoOracle, which trains them
"""
