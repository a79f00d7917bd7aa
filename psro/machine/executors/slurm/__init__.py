"""executor=slurm: units done by workers on other machines, which meet the driver in a folder.

config    SlurmConfig: which units are spread, and what a worker asks of the cluster
executor  SlurmExecutor: the driver's side as a whole
batch     one call of run(): posts units, adopts reports, offers the lost again
leftovers ends what a driver left that nobody goes on with
crew      keeps workers in the queue
jobs      the queue itself: submitit, squeue, scancel
spool     the folder
worker    the other side: takes units until there are none
"""
