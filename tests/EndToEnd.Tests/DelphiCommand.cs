namespace DelphiRunner.EndToEnd.Tests;

/// <summary>The commands of a Delphi deployment, by their keys in <c>runner.yaml</c>.</summary>
internal enum DelphiCommand
{
    FullPipeline,
    CreateNarrativeBatch,
    CheckNarrativeBatch,
}
