namespace DelphiRunner.Engine.Security;

/// <summary>What was refused. Few and fixed: figures are kept for each.</summary>
internal enum RefusalKind
{
    /// <summary>A job whose type is missing or not served here.</summary>
    JobType,

    /// <summary>A program that nobody named, that is not there or cannot be executed.</summary>
    Program,

    /// <summary>A program that is not the one that the operator meant.</summary>
    ProgramHash,

    /// <summary>A folder in which no command may work.</summary>
    WorkingFolder,

    /// <summary>Arguments, a script or a standard input with which the program could not be started.</summary>
    Arguments,

    /// <summary>A time limit that is none.</summary>
    TimeLimit,

    /// <summary>A variable that a row may not set, or whose name no environment can hold.</summary>
    EnvironmentName,

    /// <summary>The value of a variable.</summary>
    EnvironmentValue,

    /// <summary>A secret that is granted and cannot be had.</summary>
    Secret,

    /// <summary>A job that its handler cannot run as its row is, or whose end cannot be stored as its handler wants it.</summary>
    Job,

    /// <summary>An attribute of the row that a handler may not set, or to what no row can hold.</summary>
    Attribute,

    /// <summary>The file of results that a command wrote.</summary>
    ResultFile,

    /// <summary>A job type whose commands would be less confined than the operator demands.</summary>
    Confinement,
}

/// <summary>One thing that was left out of a command, which runs all the same; or a remark about it.</summary>
/// <param name="Kind">What was refused; null for a remark, where nothing was.</param>
/// <param name="Text">A sentence for the job's log; null for one of many, which another sentence sums up.</param>
internal sealed record Refusal(RefusalKind? Kind, string? Text);
